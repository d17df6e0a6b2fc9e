import Buffers
import Generation
import Testing
import Wire

/// A workload at a size that a test can look at byte by byte.
struct Case: CustomTestStringConvertible, Sendable {
  var workload: Workload
  var options: GenerationOptions

  var testDescription: String {
    let tag = options.vlan.map { " vlan \($0)" } ?? ""
    return "\(workload)\(options.ipv6 ? " ipv6" : "")\(tag) seed \(options.seed)"
  }

  static let all: [Case] = Workload.allCases.flatMap { workload in
    let bytes = 120_000
    return [
      Case(workload: workload, options: GenerationOptions(bytes: bytes)),
      Case(workload: workload, options: GenerationOptions(bytes: bytes, seed: 99, ipv6: true)),
      Case(workload: workload, options: GenerationOptions(bytes: bytes, seed: 7, vlan: 42)),
      Case(
        workload: workload,
        options: GenerationOptions(bytes: bytes, connections: 3, seed: 8, ipv6: true, vlan: 4094)),
    ]
  }
}

@Suite struct GenerationTests {
  @Test("the stream bytes promised are those that a naive reassembler finds", arguments: Case.all)
  func streamBytes(_ one: Case) throws {
    let (sink, result) = try capture(one.workload, one.options)
    let streams = NaiveReassembler(Dissection(sink.frames).segments)
    #expect(streams.streamBytes == Int(result.streamBytes))
    #expect(result.streamBytes > 0)
    #expect(streams.lateBytes == 0)
    #expect(streams.streams.count == 2 * Int(result.connections))
    #expect(streams.streams.values.allSatisfy { $0.end != nil })
    if one.workload != .adverse { #expect(streams.gapBytes == 0) }
  }

  @Test("every checksum is right and every header consistent", arguments: Case.all)
  func checksums(_ one: Case) throws {
    let (sink, result) = try capture(one.workload, one.options)
    let found = Dissection(sink.frames)
    #expect(found.strange == 0)
    #expect(found.badIPChecksums == 0)
    #expect(found.segments.allSatisfy { $0.hasValidChecksum })
    #expect(found.families == [one.options.ipv6 ? .ipv6 : .ipv4])
    #expect(found.vlans == (one.options.vlan.map { [$0] } ?? []))
    #expect(sink.frames.count == Int(result.packets))
    let fileBytes = sink.frames.reduce(24) { $0 + 16 + $1.bytes.count }
    #expect(fileBytes == Int(result.fileBytes))
    #expect(sink.interfaces == [.generated])
    #expect(sink.frames.allSatisfy { $0.bytes.count <= 1514 + (one.options.vlan == nil ? 0 : 4) })
  }

  @Test("TSecr is the peer's last TSval, and no TSval goes back", arguments: Case.all)
  func timestamps(_ one: Case) throws {
    let (sink, _) = try capture(one.workload, one.options)
    var last: [String: UInt32] = [:]
    for segment in Dissection(sink.frames).segments {
      let option = try #require(segment.timestampOption())
      #expect(option.echo == (last[segment.receiver] ?? 0))
      if let before = last[segment.sender] {
        #expect(Int32(bitPattern: option.value &- before) >= 0)
      }
      last[segment.sender] = option.value
    }
  }

  @Test("handshakes offer MSS, SACK, Timestamps and a window scale", arguments: Case.all)
  func handshakes(_ one: Case) throws {
    let (sink, result) = try capture(one.workload, one.options)
    var stages: [String: Int] = [:]
    var handshakes = 0
    for segment in Dissection(sink.frames).segments {
      let isSYN = segment.flags.contains(.syn)
      if isSYN {
        #expect(Set(segment.options.keys) == [2, 3, 4, 8])
        #expect(segment.options[2] == (one.options.ipv6 ? [0x05, 0xA0] : [0x05, 0xB4]))
        #expect(segment.payload.isEmpty)
      }
      let stage = stages[segment.sender] ?? 0
      switch (stage, isSYN, segment.flags.contains(.ack)) {
      case (0, true, false):
        stages[segment.sender] = 1
        stages[segment.receiver] = 2
      case (2, true, true):
        stages[segment.sender] = 3
      case (1, false, true) where stages[segment.receiver] == 3:
        stages[segment.sender] = 3
        handshakes += 1
      case (3, false, true): break
      default: Issue.record("packet \(segment.ordinal) is out of place in its handshake")
      }
    }
    #expect(handshakes == Int(result.connections))
  }

  @Test(
    "acknowledgements never go back, and nothing is sent beyond the window", arguments: Case.all)
  func acknowledgements(_ one: Case) throws {
    let (sink, _) = try capture(one.workload, one.options)
    var acknowledged: [String: SequenceNumber] = [:]
    var window: [String: Int] = [:]
    for segment in Dissection(sink.frames).segments where segment.flags.contains(.ack) {
      if let before = acknowledged[segment.sender] {
        #expect(segment.acknowledgment.distance(from: before) >= 0)
      }
      acknowledged[segment.sender] = segment.acknowledgment
      let scale = segment.flags.contains(.syn) ? 0 : 7
      window[segment.sender] = Int(segment.window) << scale
      if let edge = acknowledged[segment.receiver], let size = window[segment.receiver] {
        let end = segment.sequence + segment.payload.count
        #expect(end.distance(from: edge) <= size)
      }
    }
  }

  @Test("times are of whole microseconds and never go back", arguments: Case.all)
  func times(_ one: Case) throws {
    let (sink, _) = try capture(one.workload, one.options)
    var last = Timestamp(nanoseconds: .min)
    for (index, frame) in sink.frames.enumerated() {
      #expect(frame.timestamp >= last)
      #expect(frame.timestamp.nanoseconds % 1000 == 0)
      #expect(frame.stamp >> 32 == UInt64(frame.timestamp.wholeSeconds))
      #expect(frame.stamp & 0xFFFF_FFFF == UInt64(frame.timestamp.fraction / 1000))
      #expect(frame.ordinal == UInt64(index + 1))
      last = frame.timestamp
    }
  }

  @Test("the file is about as long as asked for", arguments: Workload.allCases)
  func size(workload: Workload) throws {
    let options = GenerationOptions(bytes: 2_000_000)
    let result = try generate(workload, options: options, into: HashSink())
    #expect((1_800_000...2_200_000).contains(result.fileBytes))
  }
}

@Suite struct DeterminismTests {
  @Test(
    "a seed gives these bytes for ever",
    arguments: [
      (.bulk, 7_709_433_573_591_077_246), (.http, 11_938_667_644_371_095_693),
      (.adverse, 17_559_846_165_505_309_989), (.many, 16_481_802_572_051_889_153),
      (.mail, 16_313_873_601_891_915_865),
    ] as [(Workload, UInt64)])
  func pinned(workload: Workload, hash: UInt64) throws {
    let sink = HashSink()
    _ = try generate(workload, options: GenerationOptions(bytes: 1_000_000, seed: 5), into: sink)
    #expect(sink.hash == hash)
  }

  @Test("another seed, family or tag gives other bytes", arguments: Workload.allCases)
  func others(workload: Workload) throws {
    let variants = [
      GenerationOptions(bytes: 300_000, seed: 5), GenerationOptions(bytes: 300_000, seed: 6),
      GenerationOptions(bytes: 300_000, seed: 5, ipv6: true),
      GenerationOptions(bytes: 300_000, seed: 5, vlan: 1),
    ]
    let hashes = try variants.map { options in
      let sinks = [HashSink(), HashSink()]
      let results = try sinks.map { try generate(workload, options: options, into: $0) }
      #expect(sinks[0].hash == sinks[1].hash)
      #expect(results[0] == results[1])
      return sinks[0].hash
    }
    #expect(Set(hashes).count == variants.count)
  }

  @Test("a result is one line of JSON")
  func json() throws {
    let options = GenerationOptions(bytes: 10_000, connections: 1, seed: 2)
    let result = try generate(.many, options: options, into: HashSink())
    #expect(
      result.json
        == #"{"workload":"many","seed":2,"packets":9,"file_bytes":\#(result.fileBytes),"#
        + #""connections":1,"stream_bytes":\#(result.streamBytes)}"#)
  }

  @Test(
    "options that no capture can have are refused",
    arguments: [
      (GenerationOptions(bytes: 0), "bytes must be 1 to 4398046511104, not 0"),
      (GenerationOptions(connections: 0), "connections must be 1 to 4000000, not 0"),
      (GenerationOptions(connections: 4_000_001), "connections must be 1 to 4000000, not 4000001"),
      (GenerationOptions(vlan: 4096), "vlan must be 0 to 4095, not 4096"),
    ])
  func refused(options: GenerationOptions, message: String) {
    let error = #expect(throws: GenerationError.self) {
      _ = try generate(.bulk, options: options, into: HashSink())
    }
    #expect(error?.description == message)
  }

  @Test("the smallest captures are whole connections", arguments: Workload.allCases)
  func smallest(workload: Workload) throws {
    let (sink, result) = try capture(workload, GenerationOptions(bytes: 1, connections: 2))
    let found = Dissection(sink.frames)
    #expect(found.strange == 0 && result.connections == 2)
    #expect(NaiveReassembler(found.segments).streamBytes == Int(result.streamBytes))
    #expect(found.segments.filter { $0.flags.contains(.fin) }.count == 4)
  }

  @Test("an error of the sink ends the generation")
  func sinkFails() {
    final class FullSink: PacketSink {
      struct Full: Error {}
      func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws { throw Full() }
      func finish() throws {}
    }
    #expect(throws: FullSink.Full.self) {
      _ = try generate(.http, options: GenerationOptions(bytes: 100_000), into: FullSink())
    }
  }
}
