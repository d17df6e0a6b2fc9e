import Analysis
import Buffers
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
    var output = TextBuffer()
    output.appendZeek(text)
    #expect(String(output) == written)
  }

  private var weird: Record {
    var record = Record("weird")
    record["weird"] = [
      "name": "overlap_conflict", "direction": "out", "offset": .unsigned(4),
      "length": .unsigned(2),
      "value": .unsigned(7), "count": .unsigned(10),
    ]
    return record
  }

  @Test("A weird is a line of weird.log")
  func weirds() {
    let columns = ZeekFormatter(.columns).line(weird, about: .sample())
    #expect(columns.utf8.first == ZeekLog.weird.mark)
    #expect(
      columns.dropFirst() == """
        1795423425.123456\tCg\t192.0.2.1\t1234\t198.51.100.2\t80\toverlap_conflict\t\
        out offset=4 length=2 value=7 count=10\tF\tsluice\tTCP

        """)
    let json = ZeekFormatter(.json).line(weird, about: .sample())
    #expect(
      json.dropFirst() == """
        {"ts":1795423425.123456,"uid":"Cg","id.orig_h":"192.0.2.1","id.orig_p":1234,\
        "id.resp_h":"198.51.100.2","id.resp_p":80,"name":"overlap_conflict",\
        "addl":"out offset=4 length=2 value=7 count=10","notice":false,"peer":"sluice",\
        "source":"TCP"}

        """)
  }

  @Test("A weird of a packet without a socket has no uid, and the ends that are known")
  func strayWeirds() {
    func line(_ ends: PacketEnds?) -> String {
      var record = Record("weird")
      record["weird"] = ["name": "odd"]
      let packet = PacketInfo(ordinal: 7, timestamp: .sample)
      var output = TextBuffer()
      ZeekFormatter(.columns).append(
        record, about: RecordSubject(ends: ends, packet: packet, captureName: nil), to: &output)
      return String(String(output).dropFirst())
    }
    let time = "1795423425.123456\t-\t"
    #expect(line(nil) == time + "-\t-\t-\t-\todd\t-\tF\tsluice\tIP\n")
    let (source, destination) = (
      SocketInfo.Endpoint("192.0.2.1", 0), SocketInfo.Endpoint("192.0.2.2", 0)
    )
    #expect(
      line(PacketEnds(source, destination)) == time
        + "192.0.2.1\t0\t192.0.2.2\t0\todd\t-\tF\tsluice\tIP\n")
    #expect(
      line(PacketEnds(source, destination, .udp)) == time
        + "192.0.2.1\t0\t192.0.2.2\t0\todd\t-\tF\tsluice\tUDP\n")
  }

  @Test("The head of each log names its own columns")
  func heads() {
    var text = TextBuffer()
    ZeekLog.weird.appendHeader(opened: .sample, to: &text)
    let head = String(text).split(separator: "\n").suffix(4)
    #expect(
      head == [
        "#path\tweird", "#open\t2026-11-23-08-43-45",
        "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tname\taddl\tnotice\tpeer"
          + "\tsource",
        "#types\ttime\tstring\taddr\tport\taddr\tport\tstring\tstring\tbool\tstring\tstring",
      ])
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
