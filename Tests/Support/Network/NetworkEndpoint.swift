import Injection
import Wire

/// One end of a TCP connection in virtual time: enough of RFC 9293, 5681, 6298, 2018, 2883 and 7323 for
/// a stream to get through whatever happens on the way; and strict about what it gets.
///
/// Offsets count from the byte behind the SYN, times in microseconds.
public final class NetworkEndpoint {
  public struct Options: Sendable {
    public var initialSequence: UInt32 = 1000
    public var maximumSegmentSize = 1460
    public var windowScale: UInt8? = 7
    public var permitsSACK = true
    public var usesTimestamps = true
    public var delaysAcknowledgments = true
    public var receiveBuffer = 65_536
    /// What the application reads at a time, and how often; `nil` reads at once.
    public var reading: (size: Int, interval: Int64)?
    /// How long nothing may happen before it asks whether the other end is there.
    public var keepAlive: Int64?
    public var keepAliveHasByte = false

    public init() {}
  }

  public let name: String
  public let options: Options
  public internal(set) var violations: [String] = []
  /// What the application has had of the other end's stream.
  public internal(set) var received: [UInt8] = []
  public internal(set) var hasReceivedEnd = false
  /// Whether a reset is no fault, and whether one was taken.
  public var expectsReset = false
  public internal(set) var hasReset = false
  public internal(set) var counts = Counts()

  public struct Counts: Sendable {
    public var retransmissions = 0
    public var timeouts = 0
    public var fastRetransmissions = 0
    public var staleTimestamps = 0
    public var keepAlives = 0
    public var answeredKeepAlives = 0
    public var probes = 0
    public var duplicatesReported = 0
  }

  /// Whether segments come in the order in which they were sent.
  var isStrict = true
  // What is told to the network.
  var outbox: [StreamSegment] = []

  // Opening
  let isOriginator: Bool
  var isEstablished = false
  var hasSentSYN = false
  var other = StreamNumbering(origin: SequenceNumber(0))
  var own: StreamNumbering
  var knowsOther = false
  var otherMaximumSegmentSize = 536
  var otherScale = 0
  var ownScale = 0
  var usesSACK = false
  var usesTimestamps = false

  // Sending
  var stream: [UInt8] = []
  var hasClosed = false
  var unacknowledged: Int64 = -1
  var next: Int64 = -1
  /// The first offset that was never sent.
  var highest: Int64 = -1
  var sendEdge: Int64 = 0
  var congestionWindow = 0
  var threshold = Int.max
  var duplicates = 0
  var lastWindow: UInt16 = 0
  var recoveryEnd: Int64?
  var sacked: [Range<Int64>] = []
  var resent: Int64 = 0
  var repeated: [Range<Int64>] = []
  var timeout: Int64 = 1_000_000
  var smoothed: Int64?
  var variation: Int64 = 0
  var timed: (end: Int64, at: Int64)?
  var retransmitAt: Int64?
  var persistAt: Int64?
  var persistInterval: Int64 = 200_000
  var keepAliveAt: Int64?
  var awaitsKeepAlive = false
  /// What the other end said that it has got twice.
  var duplicateReports: [Range<Int64>] = []

  // Receiving
  var receiveNext: Int64 = 0
  var read: Int64 = 0
  var beyond: [(start: Int64, bytes: [UInt8])] = []
  var newestBeyond: Int64 = 0
  var endAt: Int64?
  var announcedEdge: Int64 = 0
  var recentTimestamp: UInt32 = 0
  var lastAcknowledgmentSent: Int64 = 0
  var duplicate: Range<Int64>?
  var delayedAt: Int64?
  var owesAcknowledgment = 0
  var readAt: Int64?

  public init(_ name: String, isOriginator: Bool, _ options: Options) {
    self.name = name
    self.isOriginator = isOriginator
    self.options = options
    own = StreamNumbering(origin: SequenceNumber(options.initialSequence) + 1)
    announcedEdge = Int64(min(options.receiveBuffer, 65_535))
  }

  // MARK: What the application does

  public func open(at now: Int64) {
    guard isOriginator, !hasSentSYN else { return }
    sendSYN(at: now)
  }

  public func write(_ bytes: [UInt8], at now: Int64) {
    stream += bytes
    pump(at: now)
  }

  public func close(at now: Int64) {
    hasClosed = true
    pump(at: now)
  }

  /// Its SYN, its bytes and its FIN are acknowledged, and the other end's FIN is there.
  public var isFinished: Bool {
    hasReset
      || isEstablished && hasClosed && hasReceivedEnd && unacknowledged == Int64(stream.count) + 1
  }

  /// Nothing is under way from it.
  public var isIdle: Bool { unacknowledged == highest && next == highest }

  // MARK: Time

  /// When it next has something to do.
  var deadline: Int64? {
    [retransmitAt, persistAt, delayedAt, readAt, keepAliveAt].compactMap(\.self).min()
  }

  func tick(at now: Int64) {
    if let time = delayedAt, time <= now { acknowledge(at: now) }
    if let time = readAt, time <= now { readSome(at: now) }
    if let time = retransmitAt, time <= now { timeOut(at: now) }
    if let time = persistAt, time <= now { probe(at: now) }
    if let time = keepAliveAt, time <= now { askWhetherAlive(at: now) }
  }

  func complain(_ text: String) {
    if violations.count < 20 { violations.append("\(name): \(text)") }
  }

  func timestamp(at now: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: now / 1000) &+ options.initialSequence &* 7
  }

  // MARK: Segments

  func segment(at offset: Int64, _ flags: TCPFlags, at now: Int64) -> StreamSegment {
    var segment = StreamSegment(sequence: own.number(offset), flags: flags)
    if flags.contains(.ack) {
      let reached = receiveNext + (hasReceivedEnd ? 1 : 0)
      segment.acknowledgment = other.number(reached)
      segment.window = window(isOpening: flags.contains(.syn))
      lastAcknowledgmentSent = reached
      (delayedAt, owesAcknowledgment) = (nil, 0)
      if usesSACK, !flags.contains(.syn) { segment.sackBlocks = blocks() }
    } else {
      segment.window = UInt16(clamping: options.receiveBuffer)
    }
    if flags.contains(.syn)
      ? (knowsOther ? usesTimestamps : options.usesTimestamps) : usesTimestamps
    {
      segment.timestamps = .init(value: timestamp(at: now), echo: knowsOther ? recentTimestamp : 0)
    }
    return segment
  }

  func send(_ segment: StreamSegment) { outbox.append(segment) }

  func sendSYN(at now: Int64) {
    var syn = segment(at: -1, knowsOther ? [.syn, .ack] : .syn, at: now)
    syn.maximumSegmentSize = UInt16(options.maximumSegmentSize)
    if !knowsOther || ownScaleOffered { syn.windowScale = options.windowScale }
    syn.permitsSACK = knowsOther ? usesSACK : options.permitsSACK
    hasSentSYN = true
    next = 0
    highest = max(highest, 0)
    retransmitAt = now + timeout
    send(syn)
  }

  var ownScaleOffered = false

  func greet(_ syn: StreamSegment, at now: Int64) {
    other = StreamNumbering(origin: syn.sequence + 1)
    knowsOther = true
    otherMaximumSegmentSize = syn.maximumSegmentSize.map(Int.init) ?? 536
    usesSACK = options.permitsSACK && syn.permitsSACK
    usesTimestamps = options.usesTimestamps && syn.timestamps != nil
    if let shift = syn.windowScale, let own = options.windowScale {
      (otherScale, ownScale, ownScaleOffered) = (Int(shift), Int(own), true)
    }
    if let timestamps = syn.timestamps { recentTimestamp = timestamps.value }
    sendEdge = Int64(syn.window)
    lastWindow = syn.window
    congestionWindow = 10 * segmentSize
  }

  /// What a segment of its may hold.
  var segmentSize: Int { max(otherMaximumSegmentSize - (usesTimestamps ? 12 : 0), 1) }
}
