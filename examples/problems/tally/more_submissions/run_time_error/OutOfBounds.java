// SPDX-License-Identifier: MIT
public class OutOfBounds {
	public static void main(String[] arguments) {
		System.out.println(arguments[5000]);
	}
}
