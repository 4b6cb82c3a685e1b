// SPDX-License-Identifier: MIT
import java.io.IOException;
import java.net.Socket;

public class PhoneHome {
	public static void main(String[] arguments) throws IOException {
		new Socket("192.0.2.1", 80).getOutputStream().write(1);
	}
}
