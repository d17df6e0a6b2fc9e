import Analysis
import Analyzers
import Support
import Testing
import Wire

@testable import Pipeline

@Suite("A run")
struct RunTests {
  private let diary = Diary()

  private func talk(_ client: Int, closes: Bool = true) -> Conversation {
    let talk = Conversation(client: client)
    talk.now = talk.now.advanced(by: Int64(client) * 100_000)
    talk.opens()
    talk.originator.sends("ask \(client)")
    talk.responder.sends("answer")
    if closes { talk.closes() }
    return talk
  }

  private func eve(_ name: String, _ type: any Analyzer.Type) throws -> ChainLink {
    ChainLink(name: name, analyzer: try type.init(Options()))
  }

  @Test("Everything is written as it came, in its order", arguments: [1, 7, 512])
  func writes(batchSize: Int) throws {
    var frames = merged(talk(1), talk(2), talk(3))
    frames[3].bytes = [1, 2, 3]
    frames[5].originalLength += 100
    frames.append(CapturedFrame([], at: frames[0].timestamp))
    let outcome = try run(frames, [link(ScriptedAnalyzer("a", diary))], batchSize: batchSize)
    #expect(outcome.sink.frames == frames)
    #expect(outcome.sink.isFinished)
    #expect(outcome.log.isFinished)
  }

  @Test("Records come in the order of their packets, and of the sockets that one packet moves")
  func recordOrder() throws {
    // Sockets of many shards that end together: by a jump of time, and by the end of the input.
    let talks = (1...50).map { talk($0, closes: $0 % 2 == 0) }
    var frames = talks.flatMap(\.frames)
    let late = Conversation(client: 99, start: 1_700_100_000)
    late.originator.datagram("late")
    late.originator.datagram("later")
    frames += late.frames
    frames += talk(77, closes: false).frames.map {
      var frame = $0
      frame.timestamp = late.now
      return frame
    }
    var expected: [UInt64]?
    for batchSize in [1, 50, 512] {
      let outcome = try run(frames, [try eve("digest", DigestAnalyzer.self)], batchSize: batchSize)
      let records = outcome.log.records
      #expect(records.count == 52)
      let numbers = records.map { ($0["pcap_cnt"] as! Int, $0["src_port"] as! Int) }
      #expect(numbers.map(\.0) == numbers.map(\.0).sorted())
      // The sockets that ended with the jump come in the order in which they began.
      #expect(numbers.prefix(50).map(\.1) == (1...50).map { 40_000 + $0 })
      expected = expected ?? outcome.log.bytes.map { UInt64($0) }
      #expect(outcome.log.bytes.map { UInt64($0) } == expected)
    }
  }

  @Test("A record at the end of the input names the last packet, and stands behind its records")
  func lastPacket() throws {
    let open = talk(1, closes: false)
    open.waits(seconds: 1)
    let closed = talk(2)
    let frames = open.frames + closed.frames
    let outcome = try run(
      frames, [link(ScriptedAnalyzer("a", diary)), try eve("count", CountAnalyzer.self)])
    let numbers = outcome.log.records.compactMap { $0["pcap_cnt"] as? Int }
    #expect(numbers.last == frames.count)
    #expect(numbers.max() == frames.count)
    #expect(numbers == numbers.sorted())
    #expect(outcome.eventTypes.suffix(2) == ["finish", "count"])
    #expect(diary.ordinals.max() == UInt64(frames.count))
  }

  @Test("What analyzers say at the end is in the summary and the log, in the order of the chain")
  func finish() throws {
    let outcome = try run(
      talk(1).frames, [link(ScriptedAnalyzer("a", diary)), link(ScriptedAnalyzer("b", diary))])
    #expect(outcome.summary.analyzers.map(\.statements) == [["a is done"], ["b is done"]])
    #expect(outcome.log.records.suffix(2).map { $0["mark"] as? String } == ["a", "b"])
  }

  @Test(
    "A run may end after so many packets", arguments: [0, 1, 5, 13, 14, 15, 400] as [UInt64],
    [1, 4, 512])
  func packetLimit(limit: UInt64, batchSize: Int) throws {
    let frames = merged(talk(1), talk(2))
    #expect(frames.count == 16)
    let outcome = try run(
      frames, [link(ScriptedAnalyzer("a", diary))], batchSize: batchSize
    ) { $0.packetLimit = limit }
    #expect(outcome.summary.packets == min(limit, 16))
    #expect(outcome.sink.frames == Array(frames.prefix(Int(limit))))
    #expect(!outcome.summary.wasInterrupted)
    #expect(diary.lines.filter { $0.hasSuffix("attached") }.count == Int(min(limit, 2)))
    #expect(
      diary.lines.filter { $0.hasSuffix("attached") }.count
        == diary.lines.filter { $0.hasSuffix("detached") }.count)
  }

  @Test("An interrupted run is finished as if the input ended there")
  func interruption() throws {
    let frames = merged(talk(1), talk(2))
    var calls = 0
    let outcome = try run(
      frames, [link(ScriptedAnalyzer("a", diary))], batchSize: 3,
      progress: { progress in
        calls += 1
        #expect(progress.packets == UInt64(calls * 3))
        return calls < 2
      })
    #expect(outcome.summary.wasInterrupted)
    #expect(outcome.summary.packets == 6)
    #expect(outcome.sink.frames == Array(frames.prefix(6)))
    #expect(outcome.sink.isFinished && outcome.log.isFinished)
    #expect(diary.lines.filter { $0 == "a detached" }.count == 2)
  }

  @Test("The summary counts what was there")
  func summary() throws {
    let tcp = Conversation()
    tcp.opens()
    tcp.originator.sends("abc")
    tcp.originator.loses(4)
    tcp.originator.sends("hij")
    tcp.cutLast(by: 1)
    let udp = Conversation(client: 2)
    udp.originator.datagram("12345")
    udp.originator.datagram("wrong")
    udp.changeLast { $0 = $0.replacing(40, with: 0x1111) }
    var frames = tcp.frames + udp.frames
    frames.append(CapturedFrame([UInt8](repeating: 0, count: 60), at: udp.now))
    frames.append(CapturedFrame([1], at: udp.now))
    frames.append(CapturedFrame([1, 2, 3], at: udp.now, linkType: LinkType(rawValue: 189)))
    let summary = try run(frames, [link(ScriptedAnalyzer("a", diary))]).summary
    #expect(summary.packets == UInt64(frames.count))
    #expect(summary.bytes == UInt64(frames.reduce(0) { $0 + $1.bytes.count }))
    #expect(summary.tcpSockets == 1)
    #expect(summary.udpSockets == 1)
    #expect(summary.streamBytes == 3 + 2 + 5)
    #expect(summary.gaps == 1)
    #expect(summary.gapBytes == 4)
    #expect(summary.badChecksums == 1)
    #expect(summary.truncatedPackets == 1)
    #expect(summary.otherPackets == 1)
    #expect(summary.malformedPackets == 1)
    #expect(summary.unsupportedLinkTypes.values.reduce(0, +) == 1)
    #expect(summary.weirds == ["bad_checksum": 1])
    #expect(summary.damages.isEmpty)
  }

  @Test("What has run is given back, workers and all")
  func nothingIsKept() throws {
    weak var worker: Worker?
    weak var emitter: RecordEmitter?
    do {
      var configuration = RunConfiguration()
      configuration.chain = [link(ScriptedAnalyzer("a", diary))]
      let run = try Run(
        configuration, source: MemorySource(talk(1).frames), log: MemoryLog(),
        formatter: EVEFormatter())
      _ = try run.perform()
      worker = run.workers.first
      emitter = run.workers.first?.runner.emitter
      #expect(emitter != nil)
    }
    #expect(worker == nil && emitter == nil)
  }

  @Test("Damage of the source is in the summary, after all that came before it")
  func damage() throws {
    let source = MemorySource(talk(1).frames)
    source.damages = [.init(file: source.name, byteOffset: 7, reason: "it is torn")]
    let run = try Run(
      RunConfiguration(), source: source, log: MemoryLog(), formatter: EVEFormatter())
    let summary = try run.perform()
    #expect(summary.damages.map(\.byteOffset) == [7])
    #expect(summary.packets == 8)
  }

  @Test("Damage behind the last packet that is wanted is nobody's concern")
  func damageBehindLimit() throws {
    let source = MemorySource(talk(1).frames)
    source.damages = [.init(file: source.name, byteOffset: 7, reason: "it is torn")]
    var configuration = RunConfiguration()
    configuration.packetLimit = 3
    let run = try Run(configuration, source: source, log: MemoryLog(), formatter: EVEFormatter())
    #expect(try run.perform().damages.isEmpty)
  }

  @Test("An empty input is a run", arguments: [true, false])
  func empty(hasChain: Bool) throws {
    let outcome = try run([], hasChain ? [link(ScriptedAnalyzer("a", diary))] : [])
    #expect(outcome.summary.packets == 0)
    #expect(outcome.sink.isFinished)
  }
}

@Suite("A run of selected sockets")
struct SelectionTests {
  private let diary = Diary()

  private func frames() -> [CapturedFrame] {
    let talks = (1...5).map { client in
      let talk = Conversation(client: client)
      talk.now = talk.now.advanced(by: Int64(client) * 100_000)
      talk.opens()
      talk.originator.sends("ask \(client)")
      talk.originator.loses(client)
      talk.originator.sends("x")
      return talk
    }
    let udp = Conversation(client: 6)
    udp.originator.datagram("data")
    return merged(talks[0], talks[1], talks[2], talks[3], talks[4], udp)
  }

  private func port(_ frame: CapturedFrame) -> Int {
    Int(frame.bytes[34]) << 8 | Int(frame.bytes[35])
  }

  private func isOf(_ client: Int, _ frame: CapturedFrame) -> Bool {
    let (from, to) = (port(frame), Int(frame.bytes[36]) << 8 | Int(frame.bytes[37]))
    return from == 40_000 + client || to == 40_000 + client
  }

  @Test(
    "Only their packets are written, only they are analyzed and counted", arguments: [1, 4, 512])
  func selected(batchSize: Int) throws {
    let frames = frames()
    let outcome = try run(
      frames, [link(ScriptedAnalyzer("a", diary))], batchSize: batchSize
    ) { $0.isSelected = { $0.originator.port == 40_003 } }
    #expect(outcome.sink.frames == frames.filter { isOf(3, $0) })
    #expect(diary.lines.filter { $0 == "a attached" }.count == 1)
    #expect(diary.lines.contains("a out ask 3"))
    let summary = outcome.summary
    #expect(summary.packets == UInt64(frames.count))
    #expect((summary.tcpSockets, summary.udpSockets) == (1, 0))
    #expect(summary.streamBytes == 6)
    #expect((summary.gaps, summary.gapBytes) == (1, 3))
  }

  @Test("A UDP conversation can be selected")
  func udp() throws {
    let frames = frames()
    let outcome = try run(frames, []) { $0.isSelected = { $0.transport == .udp } }
    #expect(outcome.sink.frames == frames.filter { isOf(6, $0) })
    #expect((outcome.summary.tcpSockets, outcome.summary.udpSockets) == (0, 1))
    #expect(outcome.summary.streamBytes == 4)
  }

  @Test("What is not there gives an empty summary")
  func absent() throws {
    let outcome = try run(frames(), [link(ScriptedAnalyzer("a", diary))]) {
      $0.isSelected = { _ in false }
    }
    #expect(outcome.sink.frames.isEmpty)
    #expect(diary.lines.isEmpty)
    let summary = outcome.summary
    #expect(summary.tcpSockets == 0 && summary.udpSockets == 0 && summary.streamBytes == 0)
  }

  @Test("An analyzer without interest in events, and one that bypasses, change no packet")
  func interests() throws {
    var bypassing = ScriptedAnalyzer("a", diary, interest: .data)
    bypassing.answer = { _ in .bypass }
    let frames = frames()
    let outcome = try run(frames, [link(bypassing)]) {
      $0.isSelected = { $0.originator.port == 40_001 }
    }
    #expect(outcome.sink.frames == frames.filter { isOf(1, $0) })
    #expect(diary.lines == ["a out ask 1"])
    #expect(outcome.summary.tcpSockets == 1)
  }
}
