-- Exercises what Lua submissions use.
local function check(condition, what)
  if not condition then
    print("failed: " .. what)
    os.exit(1)
  end
end

local function deep(n) if n == 0 then return 0 end return deep(n - 1) + 1 end

local function power_of_two(n)
  local digits = { 1 }
  for _ = 1, n do
    local carry = 0
    for i = 1, #digits do
      local v = digits[i] * 2 + carry
      digits[i], carry = v % 10, v // 10
    end
    if carry > 0 then digits[#digits + 1] = carry end
  end
  return table.concat(digits):reverse()
end

local a, b = io.read("n", "n")
check(a + b == 42, "input")
check(power_of_two(200) == "1606938044258990275541962092341162602522202993782792835301376", "long arithmetic")
local numbers = {}
for i = 1, 50000 do numbers[i] = math.random(1, 1000000000) end
table.sort(numbers)
for i = 2, #numbers do check(numbers[i - 1] <= numbers[i], "sorting") end
check(deep(100000) == 100000, "recursion")
local squares = coroutine.wrap(function() for i = 1, 100 do coroutine.yield(i * i) end end)
check(squares() + squares() == 5, "coroutines")
local ok, problem = pcall(error, { code = 7 })
check(not ok and problem.code == 7, "exceptions")
check(not pcall(function() local function f() return f() + 1 end return f() end), "stack overflow")
check(("width=42"):match("(%a+)=(%d+)") == "width" and ("aXbX"):gsub("X", "-") == "a-b-", "patterns")
local out = assert(io.open("data.txt", "w"))
for i = 0, 999 do out:write(i, "\n") end
out:close()
local sum = 0
for line in io.lines("data.txt") do sum = sum + tonumber(line) end
check(sum == 499500, "files")
check(os.rename("data.txt", "moved.txt") and os.remove("moved.txt"), "files")
check(not io.open("missing.txt"), "errors")
local temporary = io.tmpfile()
temporary:write("x")
temporary:close()
local map = {}
for i = 0, 200000 do map["k" .. i % 5000] = { ("x"):rep(100), i } end
collectgarbage()
collectgarbage("generational")
for i = 0, 100000 do map.x = { i } end
check(next(map) ~= nil and collectgarbage("count") > 0, "memory")
check(os.time() > 0 and os.clock() >= 0 and os.date("%Y") and os.getenv("HOME") == "/box", "the machine")
print("real program passed")
