(* Exercises what OCaml submissions use. *)
let check condition what =
  if not condition then begin
    print_endline ("failed: " ^ what);
    exit 1
  end

let rec fib n = if n < 2 then n else fib (n - 1) + fib (n - 2)
let rec deep n = if n = 0 then 0 else 1 + deep (n - 1)

let power_of_two n =
  let digits = Array.make 80 0 in
  digits.(0) <- 1;
  for _ = 1 to n do
    let carry = ref 0 in
    Array.iteri (fun i d ->
      let v = d * 2 + !carry in
      digits.(i) <- v mod 10;
      carry := v / 10) digits
  done;
  let text = String.init 80 (fun i -> Char.chr (48 + digits.(79 - i))) in
  let first = ref 0 in
  while text.[!first] = '0' do incr first done;
  String.sub text !first (80 - !first)

let () =
  let a, b = Scanf.scanf " %d %d" (fun a b -> (a, b)) in
  check (a + b = 42) "input";
  check (power_of_two 200 = "1606938044258990275541962092341162602522202993782792835301376") "long arithmetic";
  check (fib 22 = 17711 && deep 100000 = 100000) "recursion";
  let numbers = Array.init 50000 (fun i -> i * 7919 mod 50000) in
  Array.sort compare numbers;
  check (numbers.(777) = 777) "sorting";

  let total = ref 0 and lock = Mutex.create () in
  let count () =
    for _ = 1 to 1000 do
      Mutex.lock lock;
      incr total;
      Mutex.unlock lock
    done in
  List.iter Thread.join (List.init 4 (fun _ -> Thread.create count ()));
  check (!total = 4000) "threads";
  Thread.delay 0.002;

  check (try ignore (List.assoc 1 []); false with Not_found -> true) "exceptions";
  check (try ignore (numbers.(50000)); false with Invalid_argument _ -> true) "bounds";
  check (try ignore (open_in "missing.txt"); false with Sys_error _ -> true) "errors";
  check (Str.string_match (Str.regexp "\\([a-z]+\\)=\\([0-9]+\\)") "width=42" 0
         && Str.matched_group 2 "width=42" = "42") "regular expressions";

  let out = open_out "data.txt" in
  for i = 0 to 999 do Printf.fprintf out "%d\n" i done;
  close_out out;
  let input = open_in "data.txt" in
  let sum = ref 0 in
  (try while true do sum := !sum + int_of_string (input_line input) done with End_of_file -> close_in input);
  check (!sum = 499500 && (Unix.stat "data.txt").Unix.st_size > 1000) "files";
  Sys.remove "data.txt";

  let table = Hashtbl.create 100 in
  for i = 0 to 200000 do Hashtbl.replace table (string_of_int (i mod 5000)) (Array.make 20 i) done;
  Gc.full_major ();
  check (Hashtbl.length table = 5000) "memory";
  check (Unix.gettimeofday () > 0. && Sys.time () >= 0.) "time";
  print_endline "real program passed"
