-- SPDX-License-Identifier: MIT
import Data.List (sort)

fill :: Double -> Double -> Double -> [(Double, Double)] -> Double
fill now rate left ((start, flow) : taps)
  | rate * (start - now) < left = fill start (rate + flow) (left - rate * (start - now)) taps
fill now rate left _ = now + left / rate

pairs :: [Double] -> [(Double, Double)]
pairs (start : flow : rest) = (start, flow) : pairs rest
pairs _ = []

main :: IO ()
main = do
  _ : volume : rest <- map read . words <$> getContents
  print (fill 0 0 volume (sort (pairs rest)))
