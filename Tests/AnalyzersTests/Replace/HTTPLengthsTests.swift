import Analysis
import Testing

@testable import Analyzers

@Suite("Announced lengths of HTTP messages")
struct HTTPLengthsTests {
  /// How many edits of a replacement change an announced length.
  private func changes(_ pieces: [String], find: String = "foo", with: String = "x") throws -> Int {
    let analyzer = try makeReplace(["find": find, "with": with])
    var player = StreamPlayer(try analyzer.attached(), .in)
    for piece in pieces { try player.send(Array(piece.utf8)) }
    try player.finish()
    let summary = analyzer.summary.dropFirst().first ?? "0"
    return Int(summary.prefix { $0 != " " }) ?? 0
  }

  private func response(_ head: String, _ body: String = "") -> String {
    "HTTP/1.1 200 OK\r\nServer: x\r\n\(head)\r\n\r\n\(body)"
  }

  @Test("An edit of another length counts in a body that announces its own")
  func counted() throws {
    #expect(try changes([response("Content-Length: 7", "a foo b")]) == 1)
    #expect(try changes([response("content-length:7"), "a foo b"]) == 1)
    #expect(try changes([response("Content-Length: 7", "a foo b")], with: "bar") == 0)
    #expect(try changes([response("X-Foo: foo\r\nContent-Length: 3", "abc")]) == 0)
    #expect(try changes([response("Content-Length: 3", "abcfoo")]) == 0)
    #expect(try changes([response("X: y", "a foo b")]) == 0)
  }

  @Test("A chunked body counts, whatever its chunk")
  func chunked() throws {
    #expect(
      try changes([response("Transfer-Encoding: chunked", "3\r\nfoo\r\n"), "3\r\nfoo\r\n0\r\n\r\n"])
        == 2)
    #expect(
      try changes([
        response("Transfer-Encoding: chunked", "1\r\na\r\n0\r\n\r\n"), response("X: y", "foo"),
      ]) == 0)
  }

  @Test("Messages are followed where one ends and the next begins")
  func pipelined() throws {
    let first = response("Content-Length: 3", "abc")
    let second = response("Content-Length: 3", "foo")
    #expect(try changes([first + second + first + response("X: y", "foo")]) == 1)
    #expect(try changes([first + "\n", second]) == 1)
    #expect(try changes(["HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", "foo"]) == 0)
  }

  @Test("What does not begin with a message is none, nor does a number without end harm")
  func others() throws {
    #expect(try changes(["x" + response("Content-Length: 7", "a foo b")]) == 0)
    #expect(try changes([response("Content-Length: 18446744073709551615", "foo")]) == 1)
    #expect(try changes([response("Content-Length: 99999999999999999999", "foo")]) == 0)
    #expect(try changes(["GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nfoo"]) == 1)
  }

  @Test("The summary says it")
  func summary() throws {
    let analyzer = try makeReplace(["find": "foo", "with": ""])
    var player = StreamPlayer(try analyzer.attached(), .in)
    try player.send(Array(response("Content-Length: 7", "a foo b").utf8))
    #expect(
      analyzer.summary == [
        "1 match in 1 stream",
        "1 edit changed the length of an HTTP message that announces one",
      ])
  }
}
