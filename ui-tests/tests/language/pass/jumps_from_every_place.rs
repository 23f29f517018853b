#![deny(warnings)]

use easynet::prelude::*;
use easynet::{BoxError, time::*};
use std::fmt::Write as _;
use std::time::Duration;

#[derive(Debug)]
struct A;
impl std::fmt::Display for A {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("A")
    }
}
impl std::error::Error for A {}
#[derive(Debug)]
struct B;
impl std::fmt::Display for B {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("B")
    }
}
impl std::error::Error for B {}
async fn fa(ok: bool) -> Result<u32, A> {
    if ok { Ok(3) } else { Err(A) }
}
fn fb(ok: bool) -> Result<u32, B> {
    if ok { Ok(4) } else { Err(B) }
}
fn opt(ok: bool) -> Option<u32> {
    ok.then_some(5)
}

async fn labelled() -> u32 {
    with_timeout!(5s, {
        'a: {
            if 1 < 2 {
                break 'a 1;
            }
            2
        }
    })
    .unwrap()
}
async fn let_else(o: Option<u32>) -> Option<u32> {
    let v = move_on_after!(5s, {
        let Some(x) = o else { return None };
        let Some(y) = opt(x > 1) else {
            return None;
        };
        x + y
    })?;
    Some(v)
}
async fn chains(o: Option<u32>) -> Result<u32, BoxError> {
    Ok(shield!({
        if let Some(x) = o
            && let Some(y) = opt(true)
            && x + y > fb(true)?
        {
            x + y
        } else {
            return Err("no".into());
        }
    }))
}
async fn while_let(mut rx: tokio::sync::mpsc::Receiver<u32>) -> Result<u32, BoxError> {
    let mut sum = 0;
    task_group!(|_g| {
        while let Some(x) = rx.recv().await {
            if x == 7 {
                break;
            }
            if x == 9 {
                continue;
            }
            if x == 100 {
                return Ok(sum + 1000);
            }
            sum += x;
            sum += fb(true)?;
        }
    })?;
    Ok(sum)
}
async fn deep() -> Result<u32, BoxError> {
    let x = 'outer: loop {
        let _ = task_group!(|_g| {
            let r = with_timeout!(1s, {
                let _ = move_on_after!(1s, {
                    fa(true).await?;
                    if fb(true)? == 4 {
                        break 'outer 17;
                    }
                    continue 'outer;
                });
            });
            r?;
        })?;
    };
    Ok(x)
}
async fn optfn(o: Option<u32>) -> Option<u32> {
    task_group!(|_g| { Some(o? + opt(true)?) }).ok()?
}
async fn mix(n: u32) -> Result<u32, BoxError> {
    Ok(task_group!(|_g| {
        let a = fa(n > 0).await?;
        let b = fb(n > 1)?;
        let c: u32 = "5".parse()?;
        opt(n > 2).ok_or("none")?;
        a + b + c
    })?)
}
async fn closures() -> Result<u32, BoxError> {
    let v = task_group!(|g| {
        let f = async move |x: u32| {
            if x > 3 {
                return Err(A);
            }
            fa(true).await?;
            Ok(x)
        };
        let t = g.spawn(async move {
            let v = f(1).await?;
            Ok::<_, A>(v)
        });
        let k = || -> Result<u32, B> {
            fb(true)?;
            return Ok(2);
        };
        t.join().await? + k()?
    })?;
    Ok(v)
}
async fn macros() -> Result<u32, BoxError> {
    let mut s = String::new();
    let v = with_timeout!(1s, {
        if matches!(fa(true).await?, 1..=3) {
            write!(s, "{}", fb(true)?)?;
        }
        println!("{}", fa(true).await?);
        println!("{x}", x = fa(true).await?);
        assert_eq!(fa(true).await?, 3, "{}", fb(true)?);
        debug_assert!(fb(true)? == 4);
        let v = vec![fb(true)?; 2];
        let w = vec![fb(true)?, 2];
        let x = 3;
        let y = fb(true)?;
        let _ = (x, y);
        let t = format!("{:?}", dbg!(fb(true)?));
        let _ = t;
        let n = [fb(true)?; 2];
        let c = const { 3 + 4 };
        macro_rules! twice {
            ($e:expr) => {
                $e * 2
            };
        }
        v[0] + w[1] + n[0] + c + twice!(3)
    })?;
    Ok(v)
}
async fn tokio_macros() -> Result<u32, BoxError> {
    let v = with_timeout!(1s, {
        let a = tokio::select! { x = fa(true) => x, _ = sleep(Duration::from_secs(1)) => Ok(1) }?;
        let (b, c) = tokio::join!(fa(true), fa(true));
        let (d, e) = tokio::try_join!(fa(true), fa(true))?;
        a + b? + c? + d + e
    })?;
    Ok(v)
}
async fn generic<'a, T: Clone + Send + 'a, E: Into<BoxError>>(
    t: &'a T,
    f: impl Fn(&T) -> Result<u8, E>,
) -> Result<(T, &'a T), BoxError> {
    let v = task_group!(|_g| {
        if f(t).map_err(Into::into)? > 3 {
            return Ok((t.clone(), t));
        }
        t.clone()
    })?;
    Ok((v, t))
}
fn impl_trait(n: u32) -> impl Future<Output = Result<impl Iterator<Item = u32>, BoxError>> {
    async move {
        let v = with_timeout!(1s, {
            if n > 3 {
                return Err("x".into());
            }
            n
        })?;
        Ok(0..v)
    }
}
trait Svc {
    async fn call(&self, n: u32) -> Result<u32, BoxError>;
    fn boxed<'a>(
        &'a self,
        n: u32,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, BoxError>> + Send + 'a>>;
}
struct S(u32);
impl Svc for S {
    async fn call(&self, n: u32) -> Result<u32, BoxError> {
        Ok(task_group!(|_g: TaskGroup<BoxError>| {
            if self.0 > n {
                return Ok(n);
            }
            fa(true).await? + self.0
        })?)
    }
    fn boxed<'a>(
        &'a self,
        n: u32,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, BoxError>> + Send + 'a>> {
        Box::pin(async move {
            let v = with_timeout!(1s, {
                if n == 0 {
                    return Ok(self.0);
                }
                self.boxed(n - 1).await?
            })?;
            Ok(v + 1)
        })
    }
}
async fn recursion(n: u32) -> Result<u32, BoxError> {
    Ok(task_group!(|_g| {
        if n == 0 {
            return Ok(0);
        }
        Box::pin(recursion(n - 1)).await? + 1
    })?)
}
async fn never() -> Result<std::convert::Infallible, BoxError> {
    with_timeout!(1s, {
        loop {
            fa(false).await?;
        }
    })?
}
async fn mixed_return(n: u32) -> Result<Box<dyn Fn(u32) -> u32>, Box<dyn std::error::Error>> {
    let _ = with_timeout!(1s, {
        if n == 1 {
            return Ok(Box::new(move |x| x + n));
        }
        if n == 2 {
            return Err(Box::new(A));
        }
        if n == 3 {
            return Err("x".into());
        }
    });
    Ok(Box::new(|x| x))
}
async fn questions_in_places() -> Result<u32, BoxError> {
    struct P {
        x: u32,
        y: u32,
    }
    let p = move_on_after!(1s, {
        let p = P {
            x: fb(true)?,
            ..P { x: 1, y: fb(true)? }
        };
        let P { x, y } = p;
        let r = 0..fb(true)?;
        let arr = [1u32, 2, 3, 4, 5];
        let i = arr[fb(true)? as usize];
        let t = (fb(true)?, x);
        let z = -(fb(true)? as i64);
        let b = &fb(true)?;
        let mut q = 1;
        q += fb(true)?;
        q <<= fb(true)?;
        for _ in r {
            q += 1
        }
        match fb(true)? {
            n if fb(true)? == n => {}
            _ => unreachable!(),
        }
        let u = if fb(true)? > 1 { fb(true)? } else { return Ok(1) };
        let c = fb(true)? > 2 && fb(true)? > 3;
        y + i + t.0 + z.unsigned_abs() as u32 + b + q + u + c as u32
    })
    .ok_or("late")?;
    Ok(p)
}
unsafe fn dangerous() -> Result<u32, A> {
    Ok(1)
}
async fn user_unsafe() -> Result<u32, BoxError> {
    Ok(with_timeout!(1s, {
        let v = unsafe { dangerous()? };
        let _ = unsafe {
            if dangerous().is_err() {
                return Ok(1);
            }
            2
        };
        v
    })?)
}
async fn async_block() -> u32 {
    let r: Result<u32, BoxError> = async {
        let v = task_group!(|_g| { fa(true).await? })?;
        if v > 100 {
            return Ok(1);
        }
        Ok(v)
    }
    .await;
    r.unwrap()
}
async fn block_tail() -> Result<(), BoxError> {
    for i in 0..3u32 {
        let Ok(x) = (with_timeout!(1s, {
            if i == 1 {
                continue;
            }
            fa(true).await?
        })) else {
            break;
        };
        if with_timeout!(1s, { x > fb(true)? })? {
            break;
        }
        match with_timeout!(1s, { fb(true)? }) {
            Ok(4) => {}
            Ok(_) => return Ok(()),
            Err(e) => return Err(e.into()),
        }
    }
    while move_on_after!(1s, { fb(true)? > 9 }).unwrap_or(false) {}
    Ok(())
}
async fn races() -> Result<u32, BoxError> {
    loop {
        let v = race!(
            {
                sleep(Duration::from_millis(1)).await;
                if fb(true)? == 3 {
                    continue;
                }
                1
            },
            fa(true),
            |x| {
                let x = x?;
                if x == 9 {
                    break;
                }
                x
            },
            sleep(Duration::from_secs(1)),
            |()| return Ok(5),
        );
        return Ok(v);
    }
    Ok(9)
}
async fn gathers() -> Result<u32, BoxError> {
    let (a, b, _) = gather!({ fa(true).await? }, fa(true), {
        if fb(true)? > 100 {
            return Ok(0);
        }
    });
    let (c, d) = try_gather!(fa(true), {
        fb(true)?;
        Ok::<u32, B>(fa(true).await?)
    })?;
    Ok(a + b? + c + d)
}
#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), BoxError> {
    assert_eq!(labelled().await, 1);
    assert_eq!(let_else(Some(2)).await, Some(7));
    assert_eq!(chains(Some(1)).await?, 6);
    let (tx, rx) = tokio::sync::mpsc::channel(9);
    for n in [1, 9, 2, 7] {
        tx.send(n).await?;
    }
    assert_eq!(while_let(rx).await?, 11);
    assert_eq!(deep().await?, 17);
    assert_eq!(optfn(None).await, None);
    assert_eq!(optfn(Some(1)).await, Some(6));
    assert!(mix(0).await.is_err());
    assert_eq!(mix(3).await?, 12);
    assert_eq!(closures().await?, 3);
    macros().await?;
    tokio_macros().await?;
    assert_eq!(generic(&1, |_| Ok::<_, A>(1)).await?, (1, &1));
    assert_eq!(impl_trait(2).await?.count(), 2);
    assert_eq!(S(1).call(5).await?, 4);
    assert_eq!(S(1).boxed(3).await?, 4);
    assert_eq!(recursion(3).await?, 3);
    assert!(never().await.is_err());
    assert!(mixed_return(2).await.is_err());
    questions_in_places().await?;
    user_unsafe().await?;
    async_block().await;
    block_tail().await?;
    assert_eq!(gathers().await?, 12);
    assert_eq!(races().await?, 3);
    Ok(())
}
