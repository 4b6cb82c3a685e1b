{ SPDX-License-Identifier: MIT }
program Summit;
var
	low, high, middle: longint;

function HeightOf(post: longint): longint;
begin
	writeln('? ', post);
	flush(output);
	readln(HeightOf);
end;

begin
	low := 1;
	readln(high);
	while low < high do
	begin
		middle := (low + high) div 2;
		if HeightOf(middle) < HeightOf(middle + 1) then
			low := middle + 1
		else
			high := middle;
	end;
	writeln('! ', low);
end.
