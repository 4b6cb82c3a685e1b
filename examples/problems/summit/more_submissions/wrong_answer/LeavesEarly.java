// SPDX-License-Identifier: MIT
public class LeavesEarly {
	public static void main(String[] arguments) {
		System.out.println("? 1");
	}
}
