use super::*;

fn server(name: &str) -> Myself {
    Myself { cluster: "herd".into(), name: name.into(), incarnation: 7 }
}

fn key(letter: char) -> SharedKey {
    let text: String = std::iter::repeat_n(letter, KEY_MIN).collect();
    SharedKey::new(&Secret::new(text)).expect("long enough")
}

/// What both sides come to, with these keys.
async fn meet(a: &SharedKey, b: &SharedKey, dialed_by: &Myself) -> [Result<Proof, String>; 2] {
    let (mut near, mut far) = tokio::io::duplex(1024);
    let ball = server("Ball");
    let dialer = async {
        let end = dial(&mut near, a, dialed_by).await;
        drop(near);
        end
    };
    let listener = async {
        let end = dialed(&mut far, b, &ball).await;
        drop(far);
        end
    };
    let (dialer, listener) = tokio::join!(dialer, listener);
    [dialer, listener].map(|end| end.map_err(|why| why.to_string()))
}

#[tokio::test]
async fn who_has_the_key_is_believed() {
    let proof = |name: &str| Ok(Proof { name: name.into(), incarnation: Some(7) });
    let ends = meet(&key('a'), &key('a'), &server("Alford")).await;
    assert_eq!(ends, [proof("Ball"), proof("Alford")]);
}

#[tokio::test]
async fn who_has_another_key_is_not() {
    let [dialer, listener] = meet(&key('a'), &key('b'), &server("Alford")).await;
    assert_eq!(dialer, Err("it does not have the herd's key".to_owned()));
    assert!(listener.is_err(), "the dialer has hung up");
    let other = Myself { cluster: "other".into(), ..server("Alford") };
    let [_, listener] = meet(&key('a'), &key('a'), &other).await;
    assert_eq!(listener, Err("it is of another herd".to_owned()));
}

#[tokio::test]
async fn what_was_heard_once_is_worth_nothing_again() {
    // Somebody who has listened repeats, byte for byte, what the dialer said.
    let (mut near, mut far) = tokio::io::duplex(1024);
    let (key, ball, alford) = (key('a'), server("Ball"), server("Alford"));
    let mut said = vec![ENQUIRY, VERSION];
    said.extend([9; NONCE]);
    put_name(&mut said, &alford.cluster);
    put_name(&mut said, &alford.name);
    said.extend(alford.incarnation.to_be_bytes());
    let mut tags = Vec::new();
    for _ in 0..2 {
        let listener = dialed(&mut far, &key, &ball);
        let stranger = async {
            near.write_all(&said).await.expect("it listens");
            let mut answer = vec![0; NONCE + 1 + ball.name.len() + 8 + MAC];
            near.read_exact(&mut answer).await.expect("it answers");
            let heard = [&said[..], &answer[..answer.len() - MAC]].concat();
            if tags.is_empty() {
                tags = key.sign(DIALER, &heard).as_ref().to_vec();
            }
            near.write_all(&tags).await.expect("it listens");
        };
        let (end, ()) = tokio::join!(listener, stranger);
        if let Err(why) = end {
            assert_eq!(why.to_string(), "it does not have the herd's key");
            return;
        }
    }
    panic!("the same answer was believed twice");
}

#[tokio::test]
async fn an_answer_cannot_be_turned_back_on_who_gave_it() {
    // A stranger answers an enquiry with the dialer's own tag: the roles are part of it.
    let (mut near, mut far) = tokio::io::duplex(1024);
    let key = key('a');
    let alford = server("Alford");
    let dialer = dial(&mut near, &key, &alford);
    let stranger = async {
        let mut said = vec![0; 2 + NONCE + 1 + 4 + 1 + 6 + 8];
        far.read_exact(&mut said).await.expect("it enquires");
        let begin = said.len();
        said.extend([1; NONCE]);
        put_name(&mut said, "Ball");
        said.extend(7_u64.to_be_bytes());
        let tag = key.sign(DIALER, &said);
        let answer = [&said[begin..], tag.as_ref()].concat();
        far.write_all(&answer).await.expect("it listens");
    };
    let (end, ()) = tokio::join!(dialer, stranger);
    assert!(end.is_err());
}

#[test]
fn keys_have_a_least_length_and_are_not_shown() {
    assert!(SharedKey::new(&Secret::new("short")).is_none());
    let shown = format!("{:?} {:?}", key('a'), Secret::new("aaaa"));
    assert_eq!(shown, "SharedKey(..) Secret(..)");
}

#[tokio::test]
async fn whatever_is_said_is_refused_or_waited_for() {
    let (key, ball) = (key('a'), server("Ball"));
    let mut said = vec![ENQUIRY, VERSION];
    said.extend([9; NONCE]);
    put_name(&mut said, "herd");
    put_name(&mut said, "Alford");
    said.extend(7_u64.to_be_bytes());
    said.extend([0; MAC]);
    for at in 0..said.len() {
        for byte in [0, 0xff, said[at] ^ 1] {
            let mut other = said.clone();
            other[at] = byte;
            let (mut near, mut far) = tokio::io::duplex(1024);
            near.write_all(&other).await.expect("there is room");
            near.shutdown().await.expect("it can be ended");
            assert!(dialed(&mut far, &key, &ball).await.is_err(), "byte {at}: {byte:#x}");
        }
        let (mut near, mut far) = tokio::io::duplex(1024);
        near.write_all(&said[..at]).await.expect("there is room");
        near.shutdown().await.expect("it can be ended");
        assert!(dialed(&mut far, &key, &ball).await.is_err(), "{at} bytes");
    }
}
