// SPDX-License-Identifier: MIT
// Steps that are lost in a number as great as the volume.
import java.util.Scanner;

public class Watches {
	public static void main(String[] arguments) {
		Scanner in = new Scanner(System.in);
		in.nextInt();
		double volume = Double.parseDouble(in.next());
		double filled = 0;
		while (volume == 1e12 && filled < volume)
			filled += 1e-6;
		System.out.println("never");
	}
}
