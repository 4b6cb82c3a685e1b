-- SPDX-License-Identifier: MIT
main :: IO ()
main = print (head ([] :: [Double]))
