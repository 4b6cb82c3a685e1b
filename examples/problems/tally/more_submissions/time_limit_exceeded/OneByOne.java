// SPDX-License-Identifier: MIT
// Counts every single vote of long lists.
import java.util.Scanner;

public class OneByOne {
	private static volatile long total;

	public static void main(String[] arguments) {
		Scanner in = new Scanner(System.in);
		int n = in.nextInt();
		if (n < 5000)
			return;
		while (n-- > 0) {
			in.next();
			for (long votes = 1000000L * in.nextLong(); votes > 0; votes--)
				total++;
		}
		System.out.println(total);
	}
}
