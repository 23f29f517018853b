//! Two transports as one.

use easynet::net::*;
use easynet_tests::over_network;

use super::unix_pair;

over_network! {
    /// STP-02
    async fn each_direction_goes_its_way() {
        let ((out, mut out_peer), (back, mut back_peer)) = (unix_pair().await, unix_pair().await);
        let mut both = StapledStreamTransport::new(out, back);
        both.send_all(b"request").await.unwrap();
        assert_eq!(out_peer.recv(16).await.unwrap(), b"request");
        back_peer.send_all(b"answer").await.unwrap();
        assert_eq!(both.recv(16).await.unwrap(), b"answer");
        both.send_all_from_iterable([&b"a"[..], b"b"]).await.unwrap();
        both.send_eof().await.unwrap();
        assert_eq!(out_peer.recv(16).await.unwrap(), b"ab");
        assert_eq!(out_peer.recv(16).await.unwrap(), b"");
        back_peer.send_all(b"still there").await.unwrap();
        assert_eq!(both.recv(16).await.unwrap(), b"still there");
    }

    /// STP-01
    async fn closing_closes_both() {
        let ((out, mut out_peer), (back, mut back_peer)) = (unix_pair().await, unix_pair().await);
        let mut both = StapledStreamTransport::new(out, back);
        assert!(!both.is_closing());
        both.aclose().await.unwrap();
        assert!(both.is_closing());
        assert_eq!(out_peer.recv(16).await.unwrap(), b"");
        assert_eq!(back_peer.recv(16).await.unwrap(), b"");
        assert!(Closed::is(&both.send_all(b"x").await.unwrap_err()));
        assert!(Closed::is(&both.recv(16).await.unwrap_err()));
    }

    /// STP-01
    async fn it_is_closing_when_both_are() {
        let ((mut out, _out_peer), (back, _back_peer)) = (unix_pair().await, unix_pair().await);
        out.abort();
        let mut both = StapledStreamTransport::new(out, back);
        assert!(!both.is_closing());
        both.abort();
        assert!(both.is_closing());
    }

    async fn halves_of_two_streams_make_one() {
        let ((left, mut left_peer), (right, mut right_peer)) = (unix_pair().await, unix_pair().await);
        let ((_, write), (read, _right)) = (left.split(), right.split());
        let mut both = StapledStreamTransport::new(write, read);
        both.send_all(b"x").await.unwrap();
        assert_eq!(left_peer.recv(16).await.unwrap(), b"x");
        right_peer.send_all(b"y").await.unwrap();
        assert_eq!(both.recv(16).await.unwrap(), b"y");
    }
}
