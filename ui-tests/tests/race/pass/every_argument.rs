use easynet::prelude::*;

#[easynet::main(backend = "tokio")]
async fn main() {
    let mut count = 1;
    assert_eq!(race!({ count += 1 }, std::future::pending(), |()| ()), ());
    assert_eq!(race!(std::future::ready(5)), 5);
    assert_eq!(race!(std::future::ready((1, 2)), |(left, right): (u8, u8)| left + right,), 3);
    assert_eq!(race![async { "text" }, |text| { text.len() }, { 2 }, |_| { 3 }], 4);
    assert_eq!(race! { shield!({ 5 }), |mut five| { five += count; five } }, 7);
    race!(easynet::time::sleep_forever(), 'early: { break 'early });
    let value = loop {
        race!({ break 5 }, |never: u8| drop(never), std::future::pending(), |()| continue);
    };
    assert_eq!(value, 5);
}
