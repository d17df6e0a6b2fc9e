import Reassembly
import Wire

/// Turns bytes into packets of four TCP conversations and one of UDP.
struct ConversationPlay {
  private(set) var scene: Scene
  /// Whether every stream byte stands where it says; then the output is held against it.
  private(set) var isHonest = true
  private var next = [[UInt32]](repeating: [1000, 5000], count: 4)
  private var identification: UInt32 = 0

  init(_ scene: Scene) { self.scene = scene }

  /// One step: a byte says who does what, more bytes say how.
  mutating func act(_ input: inout FuzzInput) {
    let first = input.byte()
    let (conversation, side) = (Int(first & 3), Int(first >> 2 & 1))
    var segment = Piece(conversation, side, next[conversation][side], next[conversation][1 - side])
    switch first >> 3 & 15 {
    case 0, 1: segment.count = Int(input.byte()) * (first & 8 == 0 ? 1 : 24)
    case 2: open(&segment, &input)
    case 3: segment.flags = [.fin, .ack]
    case 4: segment.flags = input.flag() ? [.rst, .ack] : .rst
    case 5: shift(&segment, &input)
    case 6: place(&segment, &input)
    case 7: return wait(&input)
    case 8: return talk(conversation, side, Int(input.byte()))
    case 9: return fragment(&segment, &input)
    case 10: return cut(&segment, &input)
    case 11: return scene.add(raw(&input))
    case 12: return mutate(&input)
    case 13:
      next[conversation][side] &+= UInt32(input.integer(UInt16.self))
      return
    case 14:
      next[conversation][side] &+= input.integer()
      return
    default: segment.text = foreign(Int(input.byte()))
    }
    send(segment)
  }

  /// What a segment is to be.
  private struct Piece {
    var conversation: Int
    var side: Int
    var sequence: UInt32
    var acknowledgment: UInt32
    var flags: TCPFlags = .ack
    var count = 0
    /// In place of what belongs there.
    var text: [UInt8]?
    var movesOn = true

    init(_ conversation: Int, _ side: Int, _ sequence: UInt32, _ acknowledgment: UInt32) {
      self.conversation = conversation
      self.side = side
      self.sequence = sequence
      self.acknowledgment = acknowledgment
    }

    /// A SYN comes before the text.
    var payload: [UInt8] {
      text
        ?? SequenceText.bytes(count, from: flags.contains(.syn) ? sequence &+ 1 : sequence)
    }
  }

  private mutating func open(_ segment: inout Piece, _ input: inout FuzzInput) {
    let choices = input.byte()
    if choices & 1 != 0 { segment.sequence = input.integer() }
    segment.flags = segment.side == 0 ? .syn : [.syn, .ack]
    if choices & 2 != 0 { segment.flags.formSymmetricDifference(.ack) }
    segment.count = Int(choices >> 4)
  }

  /// Near what is in order: repetitions, overlaps, holes.
  private mutating func shift(_ segment: inout Piece, _ input: inout FuzzInput) {
    segment.sequence &+= UInt32(truncatingIfNeeded: input.integer(Int16.self))
    segment.acknowledgment &+= UInt32(truncatingIfNeeded: input.integer(Int16.self))
    segment.flags = TCPFlags(rawValue: input.byte())
    segment.count = Int(input.byte()) * 4
    segment.movesOn = input.flag()
  }

  /// Anywhere.
  private mutating func place(_ segment: inout Piece, _ input: inout FuzzInput) {
    segment.sequence = input.integer()
    segment.acknowledgment = input.integer()
    segment.flags = TCPFlags(rawValue: input.byte())
    segment.count = Int(input.integer(UInt16.self) % 40_000)
    segment.movesOn = input.flag()
  }

  private mutating func wait(_ input: inout FuzzInput) {
    switch input.byte() & 3 {
    case 0: scene.time = scene.time.advanced(by: Int64(input.byte()) * 1_000_000_000)
    case 1: scene.time = scene.time.advanced(by: input.integer())
    case 2: scene.time = Timestamp(nanoseconds: input.integer())
    default: scene.time = scene.time.advanced(by: Int64(input.integer(UInt32.self)) << 10)
    }
  }

  private mutating func talk(_ conversation: Int, _ side: Int, _ count: Int) {
    var bytes: [UInt8] = []
    FrameHeaders(ip: ip(conversation, side)).append(
      UDPHeader(sourcePort: UInt16(5000 + side), destinationPort: UInt16(5001 - side)),
      payload: foreign(count, isDatagram: true).span.bytes, to: &bytes)
    scene.add(bytes)
  }

  private mutating func send(_ segment: Piece) {
    scene.add(frame(segment))
    if segment.movesOn { moveOn(segment) }
  }

  private mutating func moveOn(_ segment: Piece) {
    let flags = (segment.flags.contains(.syn) ? 1 : 0) + (segment.flags.contains(.fin) ? 1 : 0)
    next[segment.conversation][segment.side] =
      segment.sequence &+ UInt32(segment.payload.count + flags)
  }

  private func frame(_ segment: Piece) -> [UInt8] {
    var bytes: [UInt8] = []
    FrameHeaders(ip: ip(segment.conversation, segment.side)).append(
      header(segment), payload: segment.payload.span.bytes, to: &bytes)
    return bytes
  }

  private func header(_ segment: Piece) -> TCPHeader {
    TCPHeader(
      sourcePort: segment.side == 0 ? 40_000 : 80, destinationPort: segment.side == 0 ? 80 : 40_000,
      sequence: SequenceNumber(segment.sequence),
      acknowledgment: SequenceNumber(segment.acknowledgment), flags: segment.flags)
  }

  /// The last conversation is one over IPv6, the third one has the hosts the other way round.
  private func ip(_ conversation: Int, _ side: Int) -> IPHeader {
    if conversation == 3 {
      return side == 0
        ? IPHeader(source: FrameSeeds.client6, destination: FrameSeeds.server6)
        : IPHeader(source: FrameSeeds.server6, destination: FrameSeeds.client6)
    }
    let ends = [
      IPAddress(ipv4: UInt32(0x0A00_0001 + conversation)), IPAddress(ipv4: 0x0A00_0002),
    ]
    return IPHeader(source: ends[side], destination: ends[1 - side])
  }

  /// One segment in two fragments, in either order, perhaps one of them alone.
  private mutating func fragment(_ segment: inout Piece, _ input: inout FuzzInput) {
    segment.count = Int(input.byte()) * 4
    let choices = input.byte()
    let whole = frame(segment)
    var ip = ip(segment.conversation, segment.side)
    let payload = Array(whole.dropFirst(ip.byteCount))
    let split = min(Int(choices >> 2) * 8, payload.count / 8 * 8)
    identification += 1
    ip.identification = identification
    var frames = [(0, payload[..<split]), (split, payload[split...])].map { offset, part in
      ip.fragment = IPHeader.Fragment(offset: offset, moreFragments: offset == 0)
      var bytes: [UInt8] = []
      FrameHeaders(ip: ip).append(payload: Array(part).span.bytes, to: &bytes)
      return bytes
    }
    if choices & 1 != 0 { frames.reverse() }
    if choices & 2 != 0 { frames.removeLast() }
    for frame in frames { scene.add(frame) }
    moveOn(segment)
  }

  /// A segment of which the capture holds only the beginning.
  private mutating func cut(_ segment: inout Piece, _ input: inout FuzzInput) {
    segment.count = Int(input.byte()) * 4
    segment.sequence &+= UInt32(truncatingIfNeeded: input.integer(Int8.self)) &* 4
    let whole = frame(segment)
    let headers = whole.count - segment.count
    scene.add(Array(whole.prefix(headers + Int(input.byte()) * 4)), originalLength: whole.count)
    moveOn(segment)
  }

  private mutating func raw(_ input: inout FuzzInput) -> [UInt8] {
    isHonest = false
    return input.block()
  }

  /// The last frame once more, with bytes changed.
  private mutating func mutate(_ input: inout FuzzInput) {
    isHonest = false
    guard var bytes = scene.frames.last?.bytes, !bytes.isEmpty else { return }
    for _ in 0...(input.byte() & 3) {
      bytes[Int(input.integer(UInt16.self)) % bytes.count] ^= input.byte()
    }
    scene.add(bytes, originalLength: bytes.count + Int(input.byte() & 3))
  }

  /// Bytes that do not belong where they are put.
  private mutating func foreign(_ count: Int, isDatagram: Bool = false) -> [UInt8] {
    if !isDatagram { isHonest = false }
    return (0..<count).map { UInt8(truncatingIfNeeded: $0) }
  }
}
