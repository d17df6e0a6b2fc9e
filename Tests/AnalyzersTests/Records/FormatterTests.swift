import Analysis
import Analyzers
import Buffers
import Foundation
import Synchronization
import Testing
import Wire

private final class Counter: Sendable {
  let value = Mutex(0)
}

@Suite("Forms of records")
struct FormatterTests {
  private let eve = EVEFormatter()
  private let text = TextFormatter()

  private var record: Record {
    var record = Record("note")
    record["note"] = ["count": 2, "what": "a b", "inner": ["ok": true, "list": [1, 2]]]
    record["more"] = "word"
    return record
  }

  @Test("An EVE record has its head in front, in EVE's order")
  func eveHead() {
    #expect(
      eve.line(record, about: .sample()) == """
        {"timestamp":"2026-11-23T08:43:45.123456+0000","flow_id":42,"pcap_cnt":7,\
        "event_type":"note","src_ip":"192.0.2.1","src_port":1234,"dest_ip":"198.51.100.2",\
        "dest_port":80,"proto":"TCP","community_id":"1:sCmWjQ5VbZMtrxlXm9hOvkMRKc8=",\
        "note":{"count":2,"what":"a b","inner":{"ok":true,"list":[1,2]}},"more":"word"}

        """)
  }

  @Test("VLANs and the capture's name are there where they are known")
  func eveExtras() throws {
    var socket = SocketInfo.sample(
      .init("2001:db8::1", 5353), .init("ff02::fb", 5353), transport: .udp)
    socket.vlans = [10, 4094]
    let line = eve.line(Record("note"), about: socket, in: "odd \"name\"\n.pcap")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
    #expect(
      object == [
        "timestamp": "2026-11-23T08:43:45.123456+0000", "flow_id": 42, "pcap_cnt": 7,
        "event_type": "note", "vlan": [10, 4094], "src_ip": "2001:db8::1", "src_port": 5353,
        "dest_ip": "ff02::fb", "dest_port": 5353, "proto": "UDP",
        "community_id": CommunityID.text(for: socket), "pcap_filename": "odd \"name\"\n.pcap",
      ])
    #expect(line.contains(#""event_type":"note","vlan":[10,4094],"src_ip":"#))
    #expect(line.hasSuffix(#""pcap_filename":"odd \"name\"\n.pcap"}"# + "\n"))
  }

  @Test("The tunnel is there where there is one")
  func eveTunnel() throws {
    var socket = SocketInfo.sample()
    socket.tunnel = Tunnel(
      kind: .vxlan, depth: 2, protocol: .udp, source: IPAddress("192.0.2.7")!,
      destination: IPAddress("2001:db8::7")!, identifier: 77)
    let line = eve.line(Record("note"), about: socket)
    #expect(
      line.hasSuffix(
        #","tunnel":{"src_ip":"192.0.2.7","dest_ip":"2001:db8::7","proto":"UDP","depth":2,"#
          + #""type":"vxlan","id":77}}"# + "\n"))
  }

  @Test("A packet without a socket has of its ends what is known")
  func packets() throws {
    let packet = PacketInfo(ordinal: 7, timestamp: .sample)
    let (source, destination) = (
      SocketInfo.Endpoint("2001:db8::1", 1234), SocketInfo.Endpoint("2001:db8::2", 80)
    )
    func lines(_ ends: PacketEnds?) -> [String] {
      let subject = RecordSubject(ends: ends, packet: packet, captureName: "x.pcap")
      return [eve as any RecordFormatter, text].map { formatter in
        var output = TextBuffer()
        formatter.append(Record("note"), about: subject, to: &output)
        return String(output)
      }
    }
    let head = #"{"timestamp":"2026-11-23T08:43:45.123456+0000","pcap_cnt":7,"event_type":"note""#
    let tail = #","pcap_filename":"x.pcap"}"# + "\n"
    #expect(lines(nil) == [head + tail, "2026-11-23 08:43:45.123456 note\n"])
    #expect(
      lines(PacketEnds(source, destination)) == [
        head + #","src_ip":"2001:db8::1","dest_ip":"2001:db8::2""# + tail,
        "2026-11-23 08:43:45.123456 note 2001:db8::1 -> 2001:db8::2\n",
      ])
    #expect(
      lines(PacketEnds(source, destination, .udp)) == [
        head + #","src_ip":"2001:db8::1","src_port":1234,"dest_ip":"2001:db8::2","#
          + #""dest_port":80,"proto":"UDP""# + tail,
        "2026-11-23 08:43:45.123456 note [2001:db8::1]:1234 -> [2001:db8::2]:80\n",
      ])
  }

  @Test("A record about the run has no head but its type")
  func eveRun() {
    var record = Record("count")
    record["count"] = ["sockets": 1]
    #expect(eve.line(record) == #"{"event_type":"count","count":{"sockets":1}}"# + "\n")
  }

  @Test("Without a text of its own, a record is read as keys and values")
  func textPairs() {
    #expect(
      text.line(record, about: .sample()) == """
        2026-11-23 08:43:45.123456 note 192.0.2.1:1234 -> 198.51.100.2:80 \
        count=2 what="a b" inner.ok=true inner.list=[1,2] more=word

        """)
    var plain = Record("alert")
    plain["alert"] = "bare"
    plain["time"] = .time(.sample)
    plain["empty"] = ""
    #expect(
      text.line(plain) == "alert bare time=2026-11-23T08:43:45.123456+0000 empty=\"\"\n")
  }

  @Test("A record's own text stays one line, whatever it holds")
  func ownText() {
    var record = Record("note")
    record.text = "evil\u{1B}[2J\r\nline\u{9B}1m ü"
    let socket = SocketInfo.sample(.init("2001:db8::1", 1), .init("::", 2))
    #expect(
      text.line(record, about: socket)
        == "2026-11-23 08:43:45.123456 note [2001:db8::1]:1 -> [::]:2 evil.[2J..line.1m ü\n")
  }

  @Test("A record's text is not made for a form that does not show it")
  func textOnDemand() {
    var record = Record("note")
    let made = Counter()
    record.describe {
      made.value.withLock { $0 += 1 }
      return "made"
    }
    #expect(eve.line(record) == #"{"event_type":"note"}"# + "\n")
    #expect(made.value.withLock { $0 } == 0)
    #expect(text.line(record) == "note made\n")
    #expect(made.value.withLock { $0 } == 1)
    record.text = nil
    #expect(text.line(record) == "note\n")
  }

  @Test("A formatter appends, and leaves what is there")
  func appends() {
    var output = TextBuffer()
    output.append("x\n")
    for formatter in [eve as any RecordFormatter, text] {
      formatter.append(Record("a"), about: nil, to: &output)
    }
    #expect(String(output) == "x\n{\"event_type\":\"a\"}\na\n")
  }
}
