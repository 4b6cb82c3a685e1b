--  Exercises what Ada submissions use.
with Ada.Containers.Generic_Array_Sort;
with Ada.Containers.Indefinite_Hashed_Maps;
with Ada.Integer_Text_IO; use Ada.Integer_Text_IO;
with Ada.Strings.Hash;
with Ada.Text_IO; use Ada.Text_IO;

procedure Main is
   Failed : exception;

   procedure Check (Condition : Boolean; What : String) is
   begin
      if not Condition then
         raise Failed with What;
      end if;
   end Check;

   type Numbers is array (Natural range <>) of Integer;
   procedure Sort is new Ada.Containers.Generic_Array_Sort (Natural, Integer, Numbers);

   package Maps is new Ada.Containers.Indefinite_Hashed_Maps
     (String, String, Ada.Strings.Hash, "=");

   function Deep (N : Natural) return Natural is
     (if N = 0 then 0 else Deep (N - 1) + 1);

   protected Total is
      procedure Add;
      function Value return Natural;
   private
      Count : Natural := 0;
   end Total;

   protected body Total is
      procedure Add is
      begin
         Count := Count + 1;
      end Add;
      function Value return Natural is (Count);
   end Total;

   function Power_Of_Two (N : Natural) return String is
      Digits_Of : String (1 .. 100) := (others => '0');
      First     : Positive := 100;
      Carry, D  : Natural;
   begin
      Digits_Of (100) := '1';
      for K in 1 .. N loop
         Carry := 0;
         for I in reverse First .. 100 loop
            D := (Character'Pos (Digits_Of (I)) - 48) * 2 + Carry;
            Digits_Of (I) := Character'Val (48 + D mod 10);
            Carry := D / 10;
         end loop;
         if Carry > 0 then
            First := First - 1;
            Digits_Of (First) := Character'Val (48 + Carry);
         end if;
      end loop;
      return Digits_Of (First .. 100);
   end Power_Of_Two;

   A, B, Sum : Integer := 0;
   V         : Numbers (0 .. 49_999);
   F         : File_Type;
   Map       : Maps.Map;
   Caught    : Boolean := False;
begin
   Get (A);
   Get (B);
   Check (A + B = 42, "input");
   Check (Power_Of_Two (200) =
          "1606938044258990275541962092341162602522202993782792835301376", "long arithmetic");
   for I in V'Range loop
      V (I) := (I * 7919) mod 50_000;
   end loop;
   Sort (V);
   Check (V (777) = 777, "sorting");
   Check (Deep (50_000) = 50_000, "recursion");

   declare
      task type Counter;
      task body Counter is
      begin
         for I in 1 .. 1000 loop
            Total.Add;
         end loop;
      end Counter;
      Counters : array (1 .. 4) of Counter;
   begin
      delay 0.002;
   end;
   Check (Total.Value = 4000, "tasks");

   begin
      V (A * 10_000) := 1;
   exception
      when Constraint_Error => Caught := True;
   end;
   Check (Caught, "exceptions");

   Create (F, Out_File, "data.txt");
   for I in 0 .. 999 loop
      Put_Line (F, Integer'Image (I));
   end loop;
   Close (F);
   Open (F, In_File, "data.txt");
   while not End_Of_File (F) loop
      Sum := Sum + Integer'Value (Get_Line (F));
   end loop;
   Delete (F);
   Check (Sum = 499_500, "files");

   for I in 1 .. 100_000 loop
      Map.Include (Integer'Image (I mod 5000), (1 .. 100 => 'x'));
   end loop;
   Check (Natural (Map.Length) = 5000, "memory");
   Put_Line ("real program passed");
end Main;
