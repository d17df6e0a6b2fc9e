import Wire

/// One end of a conversation: what it has sent, and what it has of the other end.
public final class End {
  private unowned let conversation: Conversation
  public internal(set) unowned var peer: End!
  public let address: IPAddress
  public let port: UInt16
  public var initialSequence: UInt32
  /// SND.NXT as an offset in the stream: how many bytes it has sent or skipped.
  public var sent = 0
  /// Whether its FIN has been sent, which takes a number.
  public var hasFinished = false
  /// Where its stream is known to the other end: 0 before its SYN.
  private var hasOpened = false
  /// What it acknowledges, as an offset in the other end's stream, FIN included.
  public var received = 0
  /// What it has beyond that.
  private var pending: [Range<Int>] = []
  public var window: UInt16 = 65_535
  /// What its SYN offers.
  public var windowScale: UInt8?
  /// TSval of its segments; without it they have no timestamps.
  public var timestamp: UInt32?
  public var hopLimit: UInt8 = 64
  public var identification: UInt32 = 0
  /// Changes the header of each segment before it is written.
  public var change: ((inout TCPHeader) -> Void)?

  init(_ conversation: Conversation, _ address: IPAddress, port: UInt16, _ sequence: UInt32) {
    self.conversation = conversation
    self.address = address
    self.port = port
    initialSequence = sequence
  }

  /// Its sequence number at a stream offset.
  public func sequence(_ offset: Int) -> UInt32 {
    initialSequence &+ 1 &+ UInt32(truncatingIfNeeded: offset)
  }

  // MARK: the handshake

  /// Its SYN, or the SYN once more.
  public func opens(data: String = "") {
    hasOpened = true
    segment([.syn], sequence: initialSequence, acknowledgment: 0, Array(data.utf8))
    note(0, data.utf8.count)
  }

  /// Its SYN with the acknowledgement of the other one's.
  public func answers(data: String = "") {
    hasOpened = true
    segment(
      [.syn, .ack], sequence: initialSequence, acknowledgment: peer.sequence(received),
      Array(data.utf8))
    note(0, data.utf8.count)
  }

  // MARK: data

  /// The next bytes of its stream.
  public func sends(_ text: String, _ flags: TCPFlags = []) { sends(Array(text.utf8), flags) }

  public func sends(_ bytes: [UInt8], _ flags: TCPFlags = []) {
    sends(bytes, at: sent, flags)
  }

  /// Bytes at any place: a retransmission, or ahead of what is in order.
  public func sends(_ text: String, at offset: Int, _ flags: TCPFlags = []) {
    sends(Array(text.utf8), at: offset, flags)
  }

  public func sends(_ bytes: [UInt8], at offset: Int, _ flags: TCPFlags = []) {
    var all: TCPFlags = [.ack, .psh]
    all.formUnion(flags)
    segment(
      all, sequence: sequence(offset), acknowledgment: peer.sequence(received), bytes)
    note(offset, bytes.count)
    if flags.contains(.fin) { noteFIN(offset + bytes.count) }
  }

  /// Bytes that were sent and not captured.
  public func loses(_ count: Int) { sent += count }

  /// A pure ACK; of everything up to a stream offset of the other end when one is given.
  public func acknowledges(_ offset: Int? = nil) {
    if let offset { received = max(received, offset) }
    segment(
      [.ack], sequence: sequence(sent + (hasFinished ? 1 : 0)),
      acknowledgment: peer.sequence(offset ?? received), [])
  }

  /// A pure ACK of so much, whatever it has.
  public func acknowledges(exactly offset: Int) {
    received = offset
    acknowledges()
  }

  // MARK: the end

  /// Its FIN behind all that it sent.
  public func finishes() {
    segment(
      [.fin, .ack], sequence: sequence(sent), acknowledgment: peer.sequence(received), [])
    noteFIN(sent)
  }

  /// A reset, at what comes next unless an offset is given.
  public func resets(at offset: Int? = nil, _ payload: String = "") {
    segment(
      [.rst, .ack], sequence: sequence(offset ?? sent), acknowledgment: peer.sequence(received),
      Array(payload.utf8))
  }

  // MARK: raw

  /// Any segment with right lengths and checksums; the ends' books are not kept.
  public func segment(
    _ flags: TCPFlags, sequence: UInt32, acknowledgment: UInt32, _ payload: [UInt8]
  ) {
    var tcp = TCPHeader(
      sourcePort: port, destinationPort: peer.port, sequence: SequenceNumber(sequence),
      acknowledgment: SequenceNumber(acknowledgment), flags: flags, window: window)
    if flags.contains(.syn) {
      tcp.options.appendMaximumSegmentSize(1460)
      if let windowScale { tcp.options.appendWindowScale(windowScale) }
    }
    if let timestamp {
      tcp.options.appendNoOperation()
      tcp.options.appendNoOperation()
      tcp.options.appendTimestamps(value: timestamp, echo: peer.timestamp ?? 0)
    }
    change?(&tcp)
    var headers = conversation.headers(from: self)
    headers.ip.hopLimit = hopLimit
    headers.ip.identification = identification
    var bytes: [UInt8] = []
    payload.withRawSpan { headers.append(tcp, payload: $0, to: &bytes) }
    conversation.append(bytes)
  }

  /// A UDP datagram.
  public func datagram(_ payload: [UInt8]) {
    let headers = conversation.headers(from: self)
    var bytes: [UInt8] = []
    payload.withRawSpan {
      headers.append(
        UDPHeader(sourcePort: port, destinationPort: peer.port), payload: $0, to: &bytes)
    }
    conversation.append(bytes)
  }

  public func datagram(_ text: String) { datagram(Array(text.utf8)) }

  private func note(_ offset: Int, _ count: Int) {
    sent = max(sent, offset + count)
    if count > 0 { peer.receives(offset..<(offset + count)) }
  }

  /// Moves what it acknowledges over all that it has without a hole.
  private func receives(_ range: Range<Int>) {
    pending.append(range)
    while let index = pending.firstIndex(where: { $0.lowerBound <= received }) {
      received = max(received, pending.remove(at: index).upperBound)
    }
  }

  private func noteFIN(_ offset: Int) {
    hasFinished = true
    peer.receives(offset..<(offset + 1))
  }
}
