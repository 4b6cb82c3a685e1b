# SPDX-License-Identifier: MIT
import socket

socket.create_connection(("192.0.2.1", 80)).sendall(open(0, "rb").read())
