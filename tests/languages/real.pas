{ Exercises what Pascal submissions use. }
program Real;
{$mode objfpc}{$H+}
uses cthreads, SysUtils, Classes, Math;

type
  TCounter = class(TThread)
    procedure Execute; override;
  end;

var
  total: longint = 0;
  lock: TRTLCriticalSection;

procedure Check(condition: boolean; const what: string);
begin
  if not condition then
  begin
    writeln('failed: ', what);
    halt(1);
  end;
end;

procedure TCounter.Execute;
var i: integer;
begin
  for i := 1 to 1000 do
  begin
    EnterCriticalSection(lock);
    inc(total);
    LeaveCriticalSection(lock);
  end;
end;

function Deep(n: longint): longint;
begin
  if n = 0 then Deep := 0 else Deep := Deep(n - 1) + 1;
end;

procedure Sort(var v: array of longint; l, r: longint);
var i, j, x, t: longint;
begin
  i := l; j := r; x := v[(l + r) div 2];
  repeat
    while v[i] < x do inc(i);
    while v[j] > x do dec(j);
    if i <= j then
    begin
      t := v[i]; v[i] := v[j]; v[j] := t;
      inc(i); dec(j);
    end;
  until i > j;
  if l < j then Sort(v, l, j);
  if i < r then Sort(v, i, r);
end;

function PowerOfTwo(n: integer): string;
var digits: string; i, k, carry, d: integer;
begin
  digits := '1';
  for k := 1 to n do
  begin
    carry := 0;
    for i := length(digits) downto 1 do
    begin
      d := (ord(digits[i]) - 48) * 2 + carry;
      digits[i] := chr(48 + d mod 10);
      carry := d div 10;
    end;
    if carry > 0 then digits := chr(48 + carry) + digits;
  end;
  PowerOfTwo := digits;
end;

var
  a, b, i: longint;
  v: array[0..49999] of longint;
  threads: array[1..4] of TCounter;
  f: text;
  list: TStringList;
  caught: boolean;
begin
  read(a, b);
  Check(a + b = 42, 'input');
  Check(PowerOfTwo(200) = '1606938044258990275541962092341162602522202993782792835301376', 'long arithmetic');
  for i := 0 to 49999 do v[i] := (i * 7919) mod 50000;
  Sort(v, 0, 49999);
  Check(v[777] = 777, 'sorting');
  Check(Deep(50000) = 50000, 'recursion');
  InitCriticalSection(lock);
  for i := 1 to 4 do threads[i] := TCounter.Create(false);
  for i := 1 to 4 do begin threads[i].WaitFor; threads[i].Free; end;
  Check(total = 4000, 'threads');
  caught := false;
  try
    i := StrToInt('x');
  except
    on EConvertError do caught := true;
  end;
  Check(caught, 'exceptions');
  assign(f, 'data.txt'); rewrite(f);
  for i := 0 to 999 do writeln(f, i);
  close(f);
  assign(f, 'data.txt'); reset(f);
  total := 0;
  while not eof(f) do begin readln(f, a); total := total + a; end;
  close(f);
  erase(f);
  Check((total = 499500) and not FileExists('data.txt'), 'files');
  list := TStringList.Create;
  for i := 1 to 100000 do
  begin
    if list.Count > 5000 then list.Clear;
    list.Add(StringOfChar('x', 100) + IntToStr(i));
  end;
  Check(list.Count > 0, 'memory');
  list.Free;
  Check((Now > 0) and (Max(1, 2) = 2), 'units');
  Sleep(2);
  writeln('real program passed');
end.
