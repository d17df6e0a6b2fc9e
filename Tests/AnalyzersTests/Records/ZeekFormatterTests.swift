import Analysis
import Testing

@testable import Analyzers

@Suite("Zeek's forms")
struct ZeekFormatterTests {
  @Test(
    "Text that would be taken for something else is escaped",
    arguments: [
      ("plain", "plain"), ("", "(empty)"), ("-", "\\x2d"), ("--", "--"),
      ("a\tb\nc", "a\\x09b\\x0ac"),
      ("(empty)", "\\x28empty)"), ("back\\slash", "back\\\\slash"), ("ü", "ü"),
    ])
  func escapes(text: String, written: String) {
    var output: [UInt8] = []
    output.appendZeek(text)
    #expect(String(decoding: output, as: UTF8.self) == written)
  }

  @Test("Only flow is a line of conn.log; other records are EVE's")
  func marks() {
    let formatter = ZeekFormatter(.columns)
    #expect(formatter.line(Record("flow"), about: .sample()).utf8.first == ZeekLog.conn.mark)
    #expect(formatter.line(Record("note"), about: .sample()).hasPrefix(#"{"timestamp":"#))
    #expect(formatter.line(Record("count")) == #"{"event_type":"count"}"# + "\n")
  }

  @Test(
    "Networks that are not routed are local",
    arguments: [
      ("10.1.2.3", true), ("11.0.0.0", false), ("172.31.255.255", true), ("172.32.0.0", false),
      ("192.168.0.1", true), ("100.64.0.1", true), ("169.254.1.1", true), ("224.0.0.1", false),
      ("255.255.255.255", true), ("8.8.8.8", false), ("::1", true), ("fe80::1", true),
      ("fd00::1", true), ("2001:db8::1", true), ("2001:4860::1", false), ("2002:a00:1::", true),
      ("2002:b00:1::", false), ("ff02::fb", false),
    ])
  func local(address: String, isLocal: Bool) throws {
    #expect(LocalNetworks.contain(try #require(IPAddress(address))) == isLocal)
  }

  @Test("A uid is C and base 62")
  func uid() {
    #expect(SocketInfo.sample(flowID: 0).zeekUID == "C0")
    #expect(SocketInfo.sample(flowID: 61).zeekUID == "Cz")
    #expect(SocketInfo.sample(flowID: 62).zeekUID == "C10")
  }
}
