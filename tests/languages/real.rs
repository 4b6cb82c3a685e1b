// Exercises what Rust submissions use: the standard library alone.
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Read, Write};
use std::sync::{mpsc, Arc, Mutex};
use std::{fs, panic, thread, time::Duration};

fn deep(n: u32) -> u32 {
    if n == 0 { 0 } else { deep(n - 1) + 1 }
}

fn power_of_two(n: u32) -> String {
    let mut digits = vec![1u8];
    for _ in 0..n {
        let mut carry = 0;
        for d in digits.iter_mut() {
            let v = *d * 2 + carry;
            *d = v % 10;
            carry = v / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits.iter().rev().map(|d| (b'0' + d) as char).collect()
}

fn main() {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).unwrap();
    let sum: i32 = line.split_whitespace().map(|w| w.parse::<i32>().unwrap()).sum();
    assert_eq!(sum, 42);
    assert_eq!(power_of_two(200), "1606938044258990275541962092341162602522202993782792835301376");

    let mut numbers: Vec<u32> = (0..200000u32).map(|i| i.wrapping_mul(2654435761)).collect();
    numbers.sort();
    assert!(numbers.windows(2).all(|w| w[0] <= w[1]));
    assert_eq!(deep(50000), 50000);
    let big = thread::Builder::new().stack_size(64 << 20).spawn(|| deep(200000)).unwrap();
    assert_eq!(big.join().unwrap(), 200000);

    let total = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let total = Arc::clone(&total);
            thread::spawn(move || for _ in 0..1000 { *total.lock().unwrap() += 1 })
        })
        .collect();
    for t in threads {
        t.join().unwrap();
    }
    assert_eq!(*total.lock().unwrap(), 4000);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(7).unwrap());
    assert_eq!(receiver.recv_timeout(Duration::from_secs(5)), Ok(7));
    thread::sleep(Duration::from_millis(2));
    assert!(thread::available_parallelism().is_ok());

    panic::set_hook(Box::new(|_| {}));
    assert!(panic::catch_unwind(|| -> u32 { Vec::<u32>::new()[1] }).is_err());
    assert!("x".parse::<i32>().is_err());

    let mut file = fs::File::create("data.txt").unwrap();
    for i in 0..1000 {
        writeln!(file, "{}", i).unwrap();
    }
    drop(file);
    let mut text = String::new();
    fs::File::open("data.txt").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().map(|l| l.parse::<u32>().unwrap()).sum::<u32>(), 499500);
    fs::create_dir("folder").unwrap();
    fs::copy("data.txt", "folder/data.txt").unwrap();
    fs::remove_dir_all("folder").unwrap();
    fs::remove_file("data.txt").unwrap();

    let mut map: HashMap<String, Box<[u8; 200]>> = HashMap::new();
    for i in 0..100000 {
        map.insert((i % 5000).to_string(), Box::new([i as u8; 200]));
    }
    let ordered: BTreeMap<_, _> = map.iter().collect();
    assert_eq!(ordered.len(), 5000);
    println!("real program passed");
}
