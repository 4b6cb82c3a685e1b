// SPDX-License-Identifier: MIT
import java.util.Scanner;

public class Summit {
	private static final Scanner IN = new Scanner(System.in);

	private static int heightOf(int post) {
		System.out.println("? " + post);
		System.out.flush();
		return IN.nextInt();
	}

	public static void main(String[] arguments) {
		int low = 1, high = IN.nextInt();
		while (low < high) {
			int middle = (low + high) / 2;
			if (heightOf(middle) < heightOf(middle + 1))
				low = middle + 1;
			else
				high = middle;
		}
		System.out.println("! " + low);
	}
}
