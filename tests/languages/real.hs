-- Exercises what Haskell submissions use.
import Control.Concurrent
import Control.Exception
import Control.Monad
import Data.Bits
import Data.Char (isDigit)
import Data.IORef
import Data.List
import qualified Data.Map.Strict as Map
import System.IO
import System.Mem

check :: Bool -> String -> IO ()
check condition what = unless condition (ioError (userError ("failed: " ++ what)))

fib :: Int -> Integer
fib n = fst (foldl' (\(a, b) _ -> (b, a + b)) (0, 1) [1 .. n])

deep :: Int -> Int
deep 0 = 0
deep n = 1 + deep (n - 1)

main :: IO ()
main = do
  line <- getLine
  check (sum (map read (words line)) == (42 :: Int)) "input"
  check (show (2 ^ (200 :: Int) :: Integer)
         == "1606938044258990275541962092341162602522202993782792835301376") "big integers"
  check (fib 100 == 354224848179261915075) "recursion"
  check (deep 1000000 == 1000000) "deep recursion"
  let numbers = sort [(i * 7919) `mod` 50000 | i <- [0 .. 49999 :: Int]]
  check (numbers !! 777 == 777) "sorting"

  total <- newMVar (0 :: Int)
  done <- newEmptyMVar
  forM_ [1 .. 50 :: Int] $ \_ -> forkIO $ do
    replicateM_ 100 (modifyMVar_ total (return . (+ 1)))
    putMVar done ()
  replicateM_ 50 (takeMVar done)
  readMVar total >>= \n -> check (n == 5000) "threads"
  bound <- newEmptyMVar
  _ <- forkOS (putMVar bound ())
  takeMVar bound
  threadDelay 2000

  caught <- try (evaluate (1 `div` (length line - length line))) :: IO (Either ArithException Int)
  check (caught == Left DivideByZero) "exceptions"
  missing <- try (readFile "missing.txt") :: IO (Either IOException String)
  check (either (const True) (const False) missing) "errors"

  writeFile "data.txt" (unlines (map show [0 .. 999 :: Int]))
  text <- readFile "data.txt"
  check (sum (map read (lines text)) == (499500 :: Int)) "files"
  withFile "data.txt" AppendMode $ \h -> hSetBuffering h (BlockBuffering Nothing) >> hPutStrLn h "x"

  let table = foldl' (\m i -> Map.insertWith (+) (show (i `mod` 5000)) i m) Map.empty [0 .. 200000 :: Int]
  check (Map.size table == 5000) "memory"
  performMajorGC
  counter <- newIORef (0 :: Int)
  forM_ [1 .. 100000] $ \i -> modifyIORef' counter (`xor` i)
  check (takeWhile isDigit "42x" == "42") "text"
  hFlush stdout
  putStrLn "real program passed"
