internal import Buffers
internal import Sockets
internal import Wire

/// Turns steps into frames and hands them to the sink. It owns the clock.
final class FrameWriter {
  private let plan: Plan
  private let sink: any PacketSink
  private let interfaces = [CaptureInterface.generated]
  private let pool: PayloadPool
  private var random: SplitMix64
  /// The frame that is being written.
  private var frame = [UInt8](repeating: 0, count: 4096)
  /// Microseconds since 2026-01-01T00:00:00Z.
  private var clock: Int64 = 0
  private(set) var result: GenerationResult

  private static let epoch: Int64 = 1_767_225_600

  init(_ plan: Plan, _ sink: any PacketSink) {
    self.plan = plan
    self.sink = sink
    pool = PayloadPool(seed: plan.seed)
    random = SplitMix64(seed: plan.seed, stream: .max - 1)
    result = GenerationResult(workload: plan.workload, seed: plan.seed)
  }

  /// Counts a conversation that has come to its end.
  func count(streamBytes: Int) {
    result.connections += 1
    result.streamBytes += UInt64(streamBytes)
  }

  /// Writes a segment whose data, if any, is that of the pool.
  func write(_ step: Step, _ conversation: inout Conversation) throws {
    let pool = pool
    let key = conversation[step.direction].payloadKey
    if step.alteredPrefix == 0 {
      let payload = pool.piece(of: key, at: step.offset, length: step.length)
      return try write(step, &conversation, payload: payload)
    }
    var altered = [UInt8](pool.piece(of: key, at: step.offset, length: step.length))
    for index in 0..<min(step.alteredPrefix, altered.count) { altered[index] ^= 0xFF }
    try write(step, &conversation, payload: unsafe altered.span.bytes)
  }

  /// Writes a segment of a stream that begins with `head`, behind which the pool's bytes stand.
  func write(_ step: Step, _ conversation: inout Conversation, head: [UInt8]) throws {
    guard step.offset < head.count, step.length > 0 else {
      return try write(step, &conversation)
    }
    let end = min(head.count, step.offset + step.length)
    var payload = Array(head[step.offset..<end])
    let rest = step.offset + step.length - end
    let pool = pool
    let key = conversation[step.direction].payloadKey
    payload += [UInt8](pool.piece(of: key, at: end, length: rest))
    try write(step, &conversation, payload: unsafe payload.span.bytes)
  }

  private func write(
    _ step: Step, _ conversation: inout Conversation, payload: borrowing RawSpan
  ) throws {
    clock += Int64(random.next(in: 1...(plan.workload == .bulk ? 15 : 7)))
    var sender = conversation[step.direction]
    let receiver = conversation[step.direction.reversed]
    sender.identification &+= 1
    if !step.repeatsTimestamp {
      sender.lastTimestamp = sender.timestampBase &+ UInt32(truncatingIfNeeded: clock / 1000)
    }
    conversation[step.direction] = sender
    let segment = header(step, from: sender, to: receiver)
    if step.fragments > 1 {
      return try writeFragments(step, segment, headers(from: sender, to: receiver), payload)
    }
    var span = frame.mutableSpan
    var buffer = unsafe span.mutableBytes
    let length = headers(from: sender, to: receiver).write(segment, payload: payload, to: &buffer)
    try emit(length)
  }

  private func headers(from sender: Endpoint, to receiver: Endpoint) -> FrameHeaders {
    var ethernet = EthernetHeader(destination: receiver.hardware, source: sender.hardware)
    ethernet.outerTag = plan.vlan.map { VLANTag($0) }
    var ip = IPHeader(source: sender.address, destination: receiver.address)
    ip.hopLimit = sender.hopLimit
    ip.identification = sender.identification
    return FrameHeaders(ethernet: ethernet, ip: ip)
  }

  private func header(_ step: Step, from sender: Endpoint, to receiver: Endpoint) -> TCPHeader {
    let acknowledges = step.flags.contains(.ack)
    let isSYN = step.flags.contains(.syn)
    var header = TCPHeader(
      sourcePort: sender.port, destinationPort: receiver.port,
      sequence: sender.initialSequence + (1 + step.offset),
      acknowledgment: acknowledges
        ? receiver.initialSequence + (1 + step.acknowledged) : SequenceNumber(0),
      flags: step.flags, window: isSYN ? 64_240 : sender.window)
    if isSYN {
      header.options.appendMaximumSegmentSize(UInt16(plan.maximumSegmentSize))
      header.options.appendSACKPermitted()
    } else {
      header.options.appendNoOperation()
      header.options.appendNoOperation()
    }
    header.options.appendTimestamps(
      value: sender.lastTimestamp, echo: acknowledges ? receiver.lastTimestamp : 0)
    if isSYN {
      header.options.appendNoOperation()
      header.options.appendWindowScale(7)
    }
    if !step.selected.isEmpty {
      let first = receiver.initialSequence + 1
      let block = SACKBlock(
        left: first + step.selected.lowerBound, right: first + step.selected.upperBound)
      header.options.appendNoOperation()
      header.options.appendNoOperation()
      header.options.appendSACK([block].span)
    }
    return header
  }

  /// Writes a segment as IP fragments of about equal length.
  private func writeFragments(
    _ step: Step, _ tcp: TCPHeader, _ headers: FrameHeaders, _ payload: borrowing RawSpan
  ) throws {
    let length = tcp.byteCount + payload.byteCount
    let segment = assembled(tcp, headers.ip, payload)
    let size = (length / step.fragments + 7) & ~7
    var offsets = Array(stride(from: 0, to: length, by: size))
    if step.isBackwards { offsets.reverse() }
    for offset in offsets {
      let end = min(offset + size, length)
      var headers = headers
      headers.ip.fragment = IPHeader.Fragment(offset: offset, moreFragments: end < length)
      var span = frame.mutableSpan
      var buffer = unsafe span.mutableBytes
      let piece = unsafe segment.span.bytes.extracting(offset..<end)
      try emit(headers.write(payload: piece, to: &buffer))
    }
  }

  private func assembled(
    _ tcp: TCPHeader, _ ip: IPHeader, _ payload: borrowing RawSpan
  ) -> [UInt8] {
    let length = tcp.byteCount + payload.byteCount
    var segment = [UInt8](repeating: 0, count: length)
    var span = segment.mutableSpan
    var buffer = unsafe span.mutableBytes
    tcp.write(to: &buffer)
    buffer.copy(payload, at: tcp.byteCount)
    buffer.updateTCPChecksum(
      at: 0, length: length, source: ip.source, destination: ip.destination)
    return segment
  }

  /// Writes one fragment of a datagram of the originator, whose content is that of the pool.
  func writeFragment(
    _ fragment: IPHeader.Fragment, length: Int, of conversation: Conversation
  ) throws {
    clock += Int64(random.next(in: 1...7))
    var headers = headers(from: conversation.originator, to: conversation.responder)
    headers.ip.protocol = .udp
    headers.ip.fragment = fragment
    let pool = pool
    let payload = pool.piece(
      of: conversation.originator.payloadKey, at: fragment.offset, length: length)
    var span = frame.mutableSpan
    var buffer = unsafe span.mutableBytes
    try emit(headers.write(payload: payload, to: &buffer))
  }

  /// Hands the first `length` bytes of `frame` to the sink.
  private func emit(_ length: Int) throws {
    result.packets += 1
    result.fileBytes += UInt64(16 + length)
    let seconds = Self.epoch + clock / 1_000_000
    let fraction = clock % 1_000_000
    try unsafe frame.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, length <= bytes.count else { return }
      let frame = unsafe Frame(
        base: base, capturedLength: length, originalLength: length,
        timestamp: Timestamp(seconds: seconds, nanoseconds: fraction * 1000),
        stamp: UInt64(seconds) << 32 | UInt64(fraction), interface: 0, ordinal: result.packets,
        linkType: .ethernet)
      try sink.write(frame, interfaces: interfaces)
    }
  }
}

extension [UInt8] {
  fileprivate init(_ bytes: RawSpan) {
    self.init(repeating: 0, count: bytes.byteCount)
    var span = mutableSpan
    var buffer = unsafe span.mutableBytes
    buffer.copy(bytes, at: 0)
  }
}
