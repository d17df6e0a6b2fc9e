import Sockets
import Testing
import Wire

@testable import Generation

@Suite struct WorkloadTests {
  @Test(
    "adverse traffic has what its name promises, at the promised rates",
    arguments: [1, 2] as [UInt64])
  func adverse(seed: UInt64) throws {
    let (sink, result) = try capture(.adverse, GenerationOptions(bytes: 2_000_000, seed: seed))
    let found = Dissection(sink.frames)
    let streams = NaiveReassembler(found.segments)
    let data = Double(streams.dataSegments)
    #expect((0.08...0.12).contains(Double(streams.reordered) / data))
    let total = Double(streams.streamBytes + streams.gapBytes)
    #expect((0.005...0.02).contains(Double(streams.gapBytes) / total))
    #expect(streams.retransmittedBytes > 0)
    #expect(streams.differingBytes > 0)
    #expect(found.fragments > 0 && found.fragmentsOutOfOrder > 0)
    #expect(result.connections > 100)
    #expect(found.segments.contains { $0.options[5]?.count == 8 })
  }

  @Test("the first copy of every byte is the stream's own, and later ones differ at times")
  func firstCopies() throws {
    let options = GenerationOptions(bytes: 600_000, seed: 3)
    let (sink, _) = try capture(.adverse, options)
    let found = NaiveReassembler(Dissection(sink.frames).segments)
    let plan = try Plan(.adverse, options)
    let pool = PayloadPool(seed: plan.seed)
    for index in 0..<plan.connections {
      let conversation = Conversation(plan, index: index)
      for direction in Direction.allCases {
        let (from, to) = (conversation[direction], conversation[direction.reversed])
        let name = "\(from.address) \(from.port) \(to.address) \(to.port)"
        let stream = try #require(found.streams[name])
        let isRight = stream.bytes.allSatisfy { place, byte in
          pool.piece(of: from.payloadKey, at: place, length: 1).byte(at: 0) == byte
        }
        #expect(isRight)
      }
    }
    #expect(found.differingBytes > 0)
  }

  @Test("bulk has full segments, one acknowledgement for two of them, and interleaved connections")
  func bulk() throws {
    let (sink, result) = try capture(.bulk, GenerationOptions(bytes: 2_000_000))
    let segments = Dissection(sink.frames).segments
    let data = segments.filter { !$0.payload.isEmpty }
    #expect(data.allSatisfy { $0.payload.count == 1448 })
    #expect(result.connections == 8)
    #expect(segments.count == data.count + data.count / 2 + 6 * 8)
    let changes = zip(data, data.dropFirst()).filter { $0.0.sender != $0.1.sender }.count
    #expect(changes > data.count / 2)
    #expect(Set(data.map(\.sender)).count == 8)
  }

  @Test("http is requests and responses as text, many alive at a time")
  func http() throws {
    let (sink, result) = try capture(.http, GenerationOptions(bytes: 4_000_000))
    let segments = Dissection(sink.frames).segments
    var alive = 0
    var mostAlive = 0
    var fins: [String: Int] = [:]
    var requests = 0
    for segment in segments {
      if segment.flags == .syn { alive += 1 }
      if segment.flags.contains(.fin) {
        let name = [segment.sender, segment.receiver].min() ?? ""
        fins[name, default: 0] += 1
        if fins[name] == 2 { alive -= 1 }
      }
      mostAlive = max(mostAlive, alive)
      if segment.destinationPort == 80 && !segment.payload.isEmpty {
        requests += 1
        let text = String(decoding: segment.payload, as: UTF8.self)
        #expect(text.hasPrefix("GET /objects/") && text.hasSuffix("\r\n\r\n"))
        #expect((300...520).contains(segment.payload.count))
      }
    }
    #expect(requests == Int(result.connections))
    #expect(alive == 0 && mostAlive > 500)
    let bodies = NaiveReassembler(segments).streams.filter { $0.key.contains(" 80 10.") }
    for stream in bodies.values {
      let bytes = (0..<(stream.end ?? 0)).map { stream.bytes[$0] ?? 0 }
      let head = String(decoding: bytes.prefix(200), as: UTF8.self)
      let length = head.split(separator: "Content-Length: ").last?.prefix { $0.isNumber }
      let body = bytes.count - (Int(length ?? "") ?? .max)
      #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(bytes[..<body].suffix(4) == [13, 10, 13, 10])
    }
  }

  @Test("many connections are all open before the first data and until the last")
  func many() throws {
    let (sink, result) = try capture(.many, GenerationOptions(connections: 1000))
    let segments = Dissection(sink.frames).segments
    let firstData = try #require(segments.firstIndex { !$0.payload.isEmpty })
    let lastData = try #require(segments.lastIndex { !$0.payload.isEmpty })
    #expect(segments[..<firstData].filter { $0.flags == .syn }.count == 1000)
    #expect(!segments[...lastData].contains { $0.flags.contains(.fin) })
    #expect(result.connections == 1000)
    // No order: neighbours in the data are almost never neighbours in the handshakes.
    var places: [String: Int] = [:]
    for segment in segments where segment.flags == .syn { places[segment.sender] = places.count }
    let round = segments[firstData..<(firstData + 1000)].map { places[$0.sender] ?? -1 }
    #expect(Set(round).count == 1000)
    #expect(zip(round, round.dropFirst()).filter { abs($0.0 - $0.1) < 5 }.count < 50)
  }

  @Test(
    "mail is a dialogue in turns, with a word that every border of segments cuts in two",
    arguments: [1, 2, 3] as [UInt64], [false, true])
  func mail(seed: UInt64, ipv6: Bool) throws {
    let options = GenerationOptions(connections: 3, seed: seed, ipv6: ipv6)
    let (sink, result) = try capture(.mail, options)
    let segments = Dissection(sink.frames).segments
    #expect(result.connections == 3)
    let said = Dictionary(grouping: segments.filter { !$0.payload.isEmpty }, by: \.sender)
    for parts in said.values {
      let lines = parts.map { String(decoding: $0.payload, as: UTF8.self) }
      #expect(lines.last?.hasSuffix("\r\n") == true)
      if parts[0].sourcePort == 25 {
        #expect(lines.map { $0.prefix(3) } == ["220", "250", "250", "250", "354", "250", "221"])
      } else {
        #expect(parts[0].destinationPort == 25)
        #expect(lines.prefix(4).map { $0.prefix(4) } == ["EHLO", "MAIL", "RCPT", "DATA"])
        #expect(lines.last == "QUIT\r\n")
        let message = lines.dropFirst(4).dropLast()
        #expect(message.count > 1)
        #expect(message.first?.hasPrefix("Subject: Friday\r\n") == true)
        #expect(message.last?.hasSuffix("\r\n.\r\n") == true)
        #expect(message.dropLast().allSatisfy { $0.utf8.count == (ipv6 ? 1428 : 1448) })
        #expect(message.dropLast().allSatisfy { $0.hasSuffix("\r\nWe meet on Fri") })
        #expect(message.dropFirst().allSatisfy { $0.hasPrefix("day at ten.\r\n") })
      }
    }
    #expect(said.count == 6)
  }

  @Test("a mail without further options is one, and small")
  func oneMail() throws {
    let result = try generate(.mail, options: GenerationOptions(), into: HashSink())
    #expect(result.connections == 1)
    #expect((4000...8000).contains(result.fileBytes))
  }

  @Test("payload differs from stream to stream")
  func payload() throws {
    let (sink, _) = try capture(.bulk, GenerationOptions(bytes: 100_000))
    var seen: Set<[UInt8]> = []
    var count = 0
    for segment in Dissection(sink.frames).segments where !segment.payload.isEmpty {
      seen.insert(segment.payload)
      count += 1
    }
    #expect(seen.count == count && count > 40)
  }

  @Test("some sequence numbers wrap")
  func wraps() throws {
    let (sink, _) = try capture(.adverse, GenerationOptions(bytes: 1_500_000))
    var last: [String: UInt32] = [:]
    var wraps = 0
    for segment in Dissection(sink.frames).segments {
      if let before = last[segment.sender], before > .max - 50_000,
        segment.sequence.rawValue < 50_000
      {
        wraps += 1
      }
      last[segment.sender] = segment.sequence.rawValue
    }
    #expect(wraps > 0)
  }
}
