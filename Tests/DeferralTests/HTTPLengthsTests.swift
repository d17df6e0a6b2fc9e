import Testing

@testable import Deferral

@Suite("Announced lengths of HTTP messages")
struct HTTPLengthsTests {
  /// How many edits of a replacement change an announced length, where pieces go on one by one.
  private func changes(_ pieces: [String], find: String = "foo", with: String = "x") -> Int {
    var lengths = HTTPLengths()
    var changes = 0
    for piece in pieces {
      var parts = piece.split(separator: find, omittingEmptySubsequences: false).map {
        Array($0.utf8)
      }
      let last = parts.removeLast()
      for part in parts {
        if !part.isEmpty { lengths.pass(part.span) }
        let replacement = Array(with.utf8)
        if lengths.pass(replacement.span, inPlaceOf: find.utf8.count) { changes += 1 }
      }
      if !last.isEmpty { lengths.pass(last.span) }
    }
    return changes
  }

  private func response(_ head: String, _ body: String = "") -> String {
    "HTTP/1.1 200 OK\r\nServer: x\r\n\(head)\r\n\r\n\(body)"
  }

  @Test("An edit of another length counts in a body that announces its own")
  func counted() {
    #expect(changes([response("Content-Length: 7", "a foo b")]) == 1)
    #expect(changes([response("content-length:7"), "a foo b"]) == 1)
    #expect(changes([response("Content-Length: 7", "a foo b")], with: "bar") == 0)
    #expect(changes([response("X-Foo: foo\r\nContent-Length: 3", "abc")]) == 0)
    #expect(changes([response("Content-Length: 3", "abcfoo")]) == 0)
    #expect(changes([response("X: y", "a foo b")]) == 0)
  }

  @Test("A chunked body counts, whatever its chunk")
  func chunked() {
    #expect(
      changes([response("Transfer-Encoding: chunked", "3\r\nfoo\r\n"), "3\r\nfoo\r\n0\r\n\r\n"])
        == 2)
    #expect(changes([response("transfer-encoding: gzip, chunked"), "3\r\nfoo\r\n"]) == 1)
    #expect(
      changes([
        response("Transfer-Encoding: chunked", "1\r\na\r\n0\r\n\r\n"), response("X: y", "foo"),
      ]) == 0)
  }

  @Test("Messages are followed where one ends and the next begins")
  func pipelined() {
    let first = response("Content-Length: 3", "abc")
    let second = response("Content-Length: 3", "foo")
    #expect(changes([first + second + first + response("X: y", "foo")]) == 1)
    #expect(changes([first + "\n", second]) == 1)
    #expect(changes(["HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", "foo"]) == 0)
    let requests = "GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nfoo"
    #expect(changes([requests]) == 1)
  }

  @Test("What does not begin with a message is none, nor does a number without end harm")
  func others() {
    #expect(changes(["x" + response("Content-Length: 7", "a foo b")]) == 0)
    #expect(changes([response("Content-Length: 18446744073709551615", "foo")]) == 1)
    #expect(changes([response("Content-Length: 99999999999999999999", "foo")]) == 0)
    #expect(
      changes([response("Content-Length:" + String(repeating: " ", count: 99) + "3", "foo")]) == 0)
    #expect(changes(["GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nfoo"]) == 1)
  }

  @Test("A gap belongs to the body that it is in, and nothing is known behind a head with one")
  func gaps() {
    let head = Array(response("Content-Length: 10", "ab").utf8)
    let (rest, nothing) = (Array("abc".utf8), [UInt8]())
    let cutHead = Array("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n".utf8)
    var lengths = HTTPLengths()
    lengths.pass(head.span)
    lengths.skip(4)
    let isInBody = lengths.pass(nothing.span, inPlaceOf: 1)
    lengths.pass(rest.span)
    let isBehindBody = lengths.pass(nothing.span, inPlaceOf: 1)
    #expect(isInBody && !isBehindBody)
    var cut = HTTPLengths()
    cut.pass(cutHead.span)
    cut.skip(2)
    let isKnown = cut.pass(nothing.span, inPlaceOf: 1)
    #expect(!isKnown)
  }

  @Test("However messages are cut, as many edits change an announced length")
  func property() {
    for seed in UInt64(1)...300 {
      var random = Chance(seed: seed)
      var expected = 0
      var text = ""
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let body = (0..<Int.random(in: 0...6, using: &random)).map { _ in
          Bool.random(using: &random) ? "foo" : "body \r\n"
        }
        expected += body.count { $0 == "foo" }
        let other = String(
          repeating: "X-Other: foo\r\n", count: Int.random(in: 0...2, using: &random))
        let length = body.joined().utf8.count
        text +=
          "HTTP/1.1 200 OK\r\n\(other)Content-LENGTH: \(length)\r\n\(other)\r\n\(body.joined())"
      }
      var pieces: [String] = []
      var piece = ""
      for part in text.split(separator: "foo", omittingEmptySubsequences: false) {
        for character in part.unicodeScalars {
          piece.unicodeScalars.append(character)
          if Int.random(in: 0..<4, using: &random) == 0 {
            pieces.append(piece)
            piece = ""
          }
        }
        piece += "foo"
      }
      pieces.append(String(piece.dropLast(3)))
      #expect(changes(pieces, with: "fooo") == expected, "seed \(seed)")
    }
  }
}

/// SplitMix64.
private struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
