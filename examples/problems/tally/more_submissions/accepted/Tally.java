// SPDX-License-Identifier: MIT
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.TreeMap;

public class Tally {
	public static void main(String[] arguments) throws IOException {
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
		Map<String, Long> totals = new TreeMap<>();
		for (int n = Integer.parseInt(in.readLine()); n > 0; n--) {
			String[] report = in.readLine().split(" ");
			totals.merge(report[0], Long.parseLong(report[1]), Long::sum);
		}
		StringBuilder out = new StringBuilder();
		totals.entrySet().stream()
			.sorted((a, b) -> Long.compare(b.getValue(), a.getValue()))
			.forEach(entry -> out.append(entry.getKey()).append(' ')
				.append(entry.getValue()).append('\n'));
		System.out.print(out);
	}
}
