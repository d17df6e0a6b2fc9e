import Buffers
import Sockets
import Support
import Testing
import Wire

@testable import Reassembly

@Suite("Properties, of what seeds make")
struct PropertyTests {
  private static let seeds = [UInt64](1...150)

  /// A reassembler that has let go of everything at the end, and what it reported.
  private func finished(
    _ frames: [CapturedFrame], batch: Int = 128,
    _ configuration: ReassemblyConfiguration = .init(),
    _ interest: SocketInterest = RecordingHandler.everything,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> RecordingHandler {
    let handler = RecordingHandler(interest)
    let reassembler = WholeReassembly(configuration, to: handler)
    reassembler.take(frames, batch: batch)
    reassembler.finish()
    #expect(handler.violations == [], sourceLocation: sourceLocation)
    #expect(handler.openCount == 0, sourceLocation: sourceLocation)
    #expect(reassembler.heldBytes == 0, sourceLocation: sourceLocation)
    return handler
  }

  @Test(
    "A conversation is what a naive model says: bytes, gaps, and when they come", arguments: seeds)
  func model(seed: UInt64) throws {
    let random = RandomConversation(seed: seed, seed % 3 == 0 ? .ipv6 : .ipv4)
    let handler = finished(random.talk.frames)
    let socket = try #require(handler.sockets.first)
    #expect(handler.sockets.count == 1)
    for direction in Direction.allCases {
      let model = random.stream(direction)
      #expect(socket.bytes(direction) == model.delivered)
      #expect(socket.gaps(direction) == model.gaps)
      #expect(socket.last?[direction].streamBytes == UInt64(model.delivered.count))
    }
    try checkMoments(socket, random)
  }

  /// Each byte that no gap delays comes with the packet that made it contiguous.
  private func checkMoments(_ socket: RecordingHandler.Socket, _ random: RandomConversation) throws
  {
    let last = UInt64(random.talk.frames.count)
    for case .data(let direction, let offset, let bytes, let ordinal) in socket.notes {
      let end = Int(offset) + bytes.count
      let reach = random.progress[Int(ordinal) - 1][direction.index]
      if ordinal == last && end > reach { continue }  // the end of the input
      #expect(end <= reach)
      #expect(Int(offset) >= random.progress[Int(ordinal) - 2][direction.index])
    }
  }

  @Test("The size of batches changes nothing", arguments: seeds.prefix(30))
  func batches(seed: UInt64) {
    let frames = RandomConversation(seed: seed, .ipv4).talk.frames
    let expected = finished(frames).sockets.map(\.notes)
    for batch in [1, 2, 3, 31, 32, 33, 64, 100] {
      #expect(finished(frames, batch: batch).sockets.map(\.notes) == expected)
    }
  }

  @Test("IPv4 and IPv6 give the same", arguments: seeds.prefix(30))
  func families(seed: UInt64) {
    let four = finished(RandomConversation(seed: seed, .ipv4).talk.frames)
    let six = finished(RandomConversation(seed: seed, .ipv6).talk.frames)
    #expect(four.sockets.map(\.notes) == six.sockets.map(\.notes))
  }

  @Test(
    "Conversations among others are what they are alone", arguments: 1...8 as ClosedRange<UInt64>)
  func together(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let talks = (1...12).map { RandomConversation(seed: seed * 100 + $0, .ipv4).talk }
    let alone = talks.map { finished($0.frames).sockets[0].transcript }
    var frames: [CapturedFrame] = []
    var rests = talks.map { $0.frames[...] }
    while let index = rests.indices.filter({ !rests[$0].isEmpty }).randomElement(using: &random) {
      frames.append(rests[index].removeFirst())
    }
    let handler = finished(frames)
    // By the originator's port, which tells them apart.
    let ports = Dictionary(
      uniqueKeysWithValues: handler.sockets.map { ($0.first.originator.port, $0.transcript) })
    for (talk, transcript) in zip(talks, alone) {
      #expect(ports[talk.originator.port] == transcript)
    }
  }

  /// Frames with bits turned, cut, doubled, moved, and put to other times.
  private func mutated(_ seed: UInt64) -> [CapturedFrame] {
    var random = SeededGenerator(seed: seed)
    var frames = RandomConversation(seed: seed, seed % 2 == 0 ? .ipv6 : .ipv4).talk.frames
    let other = Conversation(client: 3, vlans: seed % 3 == 0 ? [5] : [])
    other.opens()
    other.originator.sends([UInt8].pattern(300))
    let payload = other.takesOffLast()
    for offset in stride(from: 0, to: payload.count, by: 64) {
      let end = min(offset + 64, payload.count)
      other.sendsFragment(
        payload[offset..<end], from: other.originator, at: offset, more: end < payload.count)
    }
    other.originator.datagram([1, 2, 3])
    frames += other.frames
    for _ in 0..<frames.count {
      let index = Int.random(in: frames.indices, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0...3:
        guard !frames[index].bytes.isEmpty else { continue }
        // Headers mostly: there it matters.
        let limit = min(frames[index].bytes.count, 70)
        frames[index].bytes[Int.random(in: 0..<limit, using: &random)] =
          UInt8.random(in: 0...255, using: &random)
      case 4: frames[index].cut(to: Int.random(in: 0...frames[index].bytes.count, using: &random))
      case 5: frames.append(frames[index])
      case 6: frames.swapAt(index, Int.random(in: frames.indices, using: &random))
      case 7:
        frames[index].timestamp = Timestamp(
          nanoseconds: .random(in: .min ... .max, using: &random)
            >> Int64.random(in: 0...30, using: &random))
      case 8:
        guard frames[index].bytes.count > 48 else { continue }
        // The flags of TCP.
        frames[index].bytes[47] = UInt8.random(in: 0...63, using: &random)
      default: frames[index].originalLength = Int.random(in: 0...70_000, using: &random)
      }
    }
    return frames
  }

  @Test(
    "Mutated captures trap nothing, and every attached has its detached",
    arguments: 1...200 as ClosedRange<UInt64>)
  func mutations(seed: UInt64) {
    let frames = mutated(seed)
    var configuration = ReassemblyConfiguration()
    configuration.checksums = seed % 4 == 0 ? .auto : .none
    configuration.memory = seed % 5 == 0 ? 1 << 16 : 1 << 26
    let expected = finished(frames, configuration).sockets.map(\.transcript)
    #expect(finished(frames, batch: 1, configuration).sockets.map(\.transcript) == expected)
    for interest in [[], .events, .dataIn, [.dataOut, .packets]] as [SocketInterest] {
      _ = finished(frames, configuration, interest)
    }
  }

  private func finished(
    _ frames: [CapturedFrame], batch: Int = 128, _ configuration: ReassemblyConfiguration
  ) -> RecordingHandler {
    finished(frames, batch: batch, configuration, RecordingHandler.everything)
  }

  private func finished(
    _ frames: [CapturedFrame], _ configuration: ReassemblyConfiguration, _ interest: SocketInterest
  ) -> RecordingHandler {
    finished(frames, batch: 128, configuration, interest)
  }

  /// Segments of one connection with any flags at numbers near each other, from both ends.
  @Test("Segments that nobody would send trap nothing", arguments: 1...300 as ClosedRange<UInt64>)
  func segments(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let base = UInt32.random(in: 0 ... .max, using: &random)
    let talk = Conversation(initialSequences: (base, base &+ 500))
    if Bool.random(using: &random) { talk.opens() }
    for _ in 0..<200 {
      let end: End = Bool.random(using: &random) ? talk.originator : talk.responder
      func number(_ start: UInt32) -> UInt32 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .random(in: 0 ... .max, using: &random)
        case 1: start &+ 0x8000_0000
        default: start &+ UInt32(truncatingIfNeeded: Int.random(in: -40...60, using: &random))
        }
      }
      let flags: TCPFlags =
        Int.random(in: 0..<8, using: &random) == 0
        ? TCPFlags(rawValue: .random(in: 0...63, using: &random)) : .ack
      let count = Int.random(in: 0...30, using: &random)
      end.segment(
        flags, sequence: number(end.initialSequence),
        acknowledgment: number(end.peer.initialSequence),
        [UInt8](repeating: UInt8.random(in: 65...90, using: &random), count: count))
      if count > 0, Int.random(in: 0..<6, using: &random) == 0 {
        talk.cutLast(by: Int.random(in: 1...count, using: &random))
      }
      if Int.random(in: 0..<60, using: &random) == 0 { talk.waits(seconds: 20) }
    }
    let handler = finished(talk.frames)
    for socket in handler.sockets {
      let sums = [socket.bytes(.out).count, socket.bytes(.in).count]
      #expect(sums == [Int(socket.last!.out.streamBytes), Int(socket.last!.in.streamBytes)])
      for direction in Direction.allCases {
        let gaps = socket.gaps(direction).reduce(0) { $0 + $1[1] }
        #expect(gaps == socket.last![direction].gapBytes)
      }
      checkOrder(socket.events)
    }
  }

  /// The order that `SocketEvent` states.
  private func checkOrder(_ events: [SocketEvent]) {
    let names = events.map(\.name)
    for name in [
      "attached", "connecting", "connected", "cant_send_more", "cant_receive_more", "shutdown",
      "closing", "disconnecting", "disconnected", "detached",
    ] {
      #expect(names.filter { $0 == name }.count <= 1, "\(names)")
    }
    let place = { (name: String) in names.firstIndex(of: name) ?? -1 }
    #expect(place("attached") == 0)
    #expect(place("detached") == names.count - 1)
    #expect(place("disconnected") == names.count - 2)
    #expect(place("shutdown") == -1 || place("connected") < place("shutdown"))
    if place("disconnecting") != -1 {
      #expect(place("disconnecting") == names.count - 3)
      #expect(place("closing") != -1)
    }
    // A FIN ends its direction.
    if let fin = names.firstIndex(of: "cant_send_more") {
      #expect(!events[fin...].contains { $0.name == "gap" && $0.direction == .out })
    }
    if let fin = names.firstIndex(of: "cant_receive_more") {
      #expect(!events[fin...].contains { $0.name == "gap" && $0.direction == .in })
    }
  }

  @Test("Random bytes of any link type trap nothing", arguments: 1...20 as ClosedRange<UInt64>)
  func noise(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let types: [UInt32] = [0, 1, 12, 101, 108, 113, 228, 229, 276, 105, 9999]
    var frames: [CapturedFrame] = []
    for _ in 0..<500 {
      let count = Int.random(in: 0...120, using: &random)
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      // So that more than the first check is passed.
      if count > 24, Bool.random(using: &random) {
        bytes.replaceSubrange(12..<15, with: [8, 0, 0x45])
      }
      if count > 1, Bool.random(using: &random) { bytes[0] = 0x45 }
      frames.append(
        CapturedFrame(
          bytes, at: Timestamp(nanoseconds: .random(in: 0...1_000_000_000_000, using: &random)),
          linkType: LinkType(rawValue: types.randomElement(using: &random)!)))
    }
    var configuration = ReassemblyConfiguration()
    configuration.checksums = .none
    _ = finished(frames, configuration)
  }
}

@Suite("The queue of segments")
struct SegmentQueueTests {
  @Test(
    "is what a naive model says, for lists of one store", arguments: 1...60 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var queue = SegmentQueue(budget: 1 << 16)
    var lists = [SegmentList(), SegmentList(), SegmentList()]
    var models = [NaiveStream(), NaiveStream(), NaiveStream()]
    for _ in 0..<60 {
      let index = Int.random(in: 0..<3, using: &random)
      let text = [UInt8](
        repeating: UInt8.random(in: 0...255, using: &random),
        count: .random(in: 1...40, using: &random))
      let offset = Int.random(in: 0...400, using: &random)
      let before = models[index].delivered.count
      models[index].add(text, at: offset)
      let queued = queue.insert(text.span.bytes, at: UInt64(offset), &lists[index])
      #expect(queued == models[index].delivered.count - before)
      #expect(queue.byteCount(of: lists[index]) == models[index].delivered.count)
    }
    for index in 0..<3 {
      var bytes: [UInt8?] = []
      while let segment = queue.popFirst(&lists[index]) {
        #expect(segment.offset >= UInt64(bytes.count))
        while UInt64(bytes.count) < segment.offset { bytes.append(nil) }
        let content = segment.piece.bytes
        for place in 0..<content.byteCount { bytes.append(content.byte(at: place)) }
        queue.release(segment)
      }
      #expect(bytes == models[index].bytes)
      #expect(lists[index].isEmpty && lists[index].tail == 0)
    }
    #expect(queue.usedBytes == 0)
  }

  @Test(
    "Long lists, which have an index, are what a naive model says by every policy",
    arguments: TCPPolicy.allCases)
  func index(policy: TCPPolicy) {
    var random = SeededGenerator(seed: 9)
    var queue = SegmentQueue(budget: 1 << 20)
    var list = SegmentList()
    var model: [UInt64: (byte: UInt8, start: UInt64, end: UInt64)] = [:]
    for _ in 0..<2000 {
      let text = [UInt8](
        repeating: .random(in: 0...255, using: &random), count: .random(in: 1...30, using: &random))
      // Some of them lie farther away than an index reaches.
      let start =
        UInt64.random(in: 0...9000, using: &random) | .random(in: 0...1, using: &random) << 40
      let end = start + UInt64(text.count)
      #expect(queue.insert(text.span.bytes, at: start, &list, policy).bytes != nil)
      for place in start..<end {
        if let old = model[place],
          !policy.keepsNew(
            start: TCPPolicy.Relation(start, to: old.start),
            end: TCPPolicy.Relation(end, to: old.end))
        {
          continue
        }
        model[place] = (text[0], start, end)
      }
      if .random(in: 0..<8, using: &random) == 0, let first = queue.popFirst(&list) {
        take(first, from: &model)
        queue.release(first)
      }
    }
    while let segment = queue.popFirst(&list) {
      take(segment, from: &model)
      queue.release(segment)
    }
    #expect(model.isEmpty)
    #expect(queue.usedBytes == 0)
  }

  private func take(
    _ segment: QueuedSegment, from model: inout [UInt64: (byte: UInt8, start: UInt64, end: UInt64)]
  ) {
    let bytes = segment.piece.bytes
    for place in segment.offset..<segment.end {
      #expect(model[place]?.byte == bytes.byte(at: Int(place - segment.offset)))
      model[place] = nil
    }
  }

  @Test(
    "A storm of overlaps leaves few segments behind, with the bytes that came first, or last",
    arguments: 1...8 as ClosedRange<UInt64>)
  func storm(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var queue = SegmentQueue(budget: 1 << 20)
    var list = SegmentList()
    var model = NaiveStream()
    let longest = seed.isMultiple(of: 2) ? 1460 : 8
    let policy: TCPPolicy = seed > 4 ? .last : .first
    for _ in 0..<(longest == 8 ? 60_000 : 4000) {
      let text = [UInt8](
        repeating: .random(in: 0...255, using: &random),
        count: .random(in: 1...longest, using: &random))
      let offset = Int.random(in: 1...30_000, using: &random)
      let known = model.bytes.count
      model.add(text, at: offset, lastWins: policy == .last)
      let before = queue.weight
      let result = queue.insert(text.span.bytes, at: UInt64(offset), &list, policy)
      #expect(result.bytes != nil)
      #expect(result.overlaps || model.bytes.count >= known)
      #expect(queue.cost(of: list) == queue.weight, "was \(before)")
    }
    var segments = 0
    var end: UInt64 = 0
    var content: [UInt8?] = []
    while let segment = queue.popFirst(&list) {
      #expect(segment.offset >= end)
      end = segment.end
      segments += 1
      while UInt64(content.count) < segment.offset { content.append(nil) }
      for index in 0..<segment.piece.count {
        content.append(segment.piece.bytes.byte(at: index))
      }
      queue.release(segment)
    }
    let isSame = content == model.bytes
    #expect(isSame)
    #expect(segments < 100)
    #expect(queue.usedBytes == 0)
  }

  @Test("An index keeps to the budget too, and long lists do without it where it does not fit")
  func indexBudget() {
    var random = SeededGenerator(seed: 10)
    var queue = SegmentQueue(budget: 1 << 14)
    var list = SegmentList()
    for round in 0..<5000 {
      let text = [UInt8](repeating: 1, count: .random(in: 1...20, using: &random))
      let offset = UInt64.random(in: 0...90_000, using: &random)
      let queued = queue.insert(text.span.bytes, at: offset, &list, .last).bytes
      #expect(queue.usedBytes <= 1 << 14, "\(round)")
      if queued == nil, let first = queue.popFirst(&list) { queue.release(first) }
    }
    var end: UInt64 = 0
    while let segment = queue.popFirst(&list) {
      #expect(segment.offset >= end)
      end = segment.end
      queue.release(segment)
    }
    #expect(queue.usedBytes == 0)
  }

  @Test("Places of segments that have gone are used again, within the budget")
  func reuse() {
    var queue = SegmentQueue(budget: 1000)
    var list = SegmentList()
    let byte: [UInt8] = [7]
    for round in 0..<1000 {
      var count = 0
      while queue.insert(byte.span.bytes, at: UInt64(count * 2), &list) != nil { count += 1 }
      #expect(count == 1000 / 65, "\(round)")
      while let segment = queue.popFirst(&list) { queue.release(segment) }
      #expect(queue.usedBytes == 0)
    }
  }
}
