import Buffers
import Glibc
import Wire

/// A capture in several files, each of them whole: with its header and the interfaces.
final class RotatingSink: PacketSink {
  private let rotation: Rotation
  private let interfaces: [CaptureInterface]
  private var names: RotationNames
  /// The files that are kept, the oldest first; remembered only when there is a limit to them.
  private var kept: [String] = []
  private var writer: (any CaptureWriter)?
  /// Whether the file at hand has a packet.
  private var hasPacket = false
  private var end: Timestamp?
  private var likeness = Likeness.open
  private var expected: [CaptureInterface] = []
  private let memory: SectionMemory
  /// What stands in front of the first packet, as long as there is no file.
  private var early: [HeldBlock] = []
  private var earlyBytes = 0
  /// Of the files before the one at hand.
  private var lost = Unkept()

  /// So much is written once more in each file.
  private static let mostRepeated = 16 << 20

  /// The first file is made at once, so that it is known whether that is possible; but not when
  /// its name is the time of a packet.
  init(
    path: String, interfaces: [CaptureInterface], rotation: Rotation
  ) throws(CaptureError) {
    if path == "-" { throw CaptureError(file: path, reason: "standard output is not rotated") }
    self.rotation = rotation
    self.interfaces = interfaces
    names = RotationNames(path, areTimes: rotation.seconds != nil)
    let half = rotation.size.map { Int(clamping: $0 / 2) } ?? Self.mostRepeated
    memory = SectionMemory(limit: min(max(half, 64 << 10), Self.mostRepeated))
    if !names.areTimes { writer = try open(at: nil) }
  }

  func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness) {
    self.likeness = likeness
    expected = interfaces
    writer?.begin(interfaces, likeness)
  }

  func noteDifference() {
    likeness = .different
    writer?.noteDifference()
  }

  var unkept: Unkept {
    var unkept = lost
    if let writer { unkept += writer.unkept }
    return unkept
  }

  func write(_ frame: borrowing Frame, interfaces: [CaptureInterface]) throws {
    try writer(for: frame, interfaces).write(frame, interfaces: interfaces)
  }

  func write(
    _ frame: borrowing Frame, madeOf original: borrowing Frame, isFirst: Bool,
    interfaces: [CaptureInterface]
  ) throws {
    try writer(for: frame, interfaces).write(
      frame, madeOf: original, isFirst: isFirst, interfaces: interfaces)
  }

  /// Begins no file: what stands in front of a packet goes into the file at hand, or the next one where
  /// that has no room.
  func write(_ block: CaptureBlock, interfaces: [CaptureInterface]) throws {
    expected = interfaces
    guard let writer else { return keep(block) }
    if isFull(writer, by: writer.growth(by: block)) { try close(writer) }
    guard self.writer == nil else { return try writer.write(block, interfaces: interfaces) }
    if names.areTimes { return keep(block) }
    try nextWriter(at: nil, interfaces).write(block, interfaces: interfaces)
  }

  private func keep(_ block: CaptureBlock) {
    guard earlyBytes + block.byteCount <= Self.mostRepeated, early.count < 1 << 16 else {
      return lost.add(Unkept.Kind(block: block.type))
    }
    earlyBytes += block.byteCount
    early.append(HeldBlock(block))
  }

  func finish() throws {
    if writer == nil, !early.isEmpty { _ = try nextWriter(at: nil, expected) }
    try writer?.finish()
  }

  /// The writer of the file that a frame goes into.
  private func writer(
    for frame: borrowing Frame, _ interfaces: [CaptureInterface]
  ) throws -> any CaptureWriter {
    let isLate = isOver(at: frame.timestamp)
    if let writer {
      let isFull = isFull(writer, by: writer.growth(by: frame, interfaces))
      if isLate || isFull { try close(writer) }
    }
    let writer =
      if let writer { writer } else { try nextWriter(at: frame.timestamp, interfaces) }
    hasPacket = true
    return writer
  }

  private func nextWriter(
    at time: Timestamp?, _ interfaces: [CaptureInterface]
  ) throws -> any CaptureWriter {
    let writer = try open(at: time)
    self.writer = writer
    let blocks = early
    early = []
    earlyBytes = 0
    for block in blocks { try writer.write(block.block, interfaces: interfaces) }
    return writer
  }

  private func close(_ writer: any CaptureWriter) throws {
    try writer.finish()
    lost += writer.unkept
    self.writer = nil
  }

  /// A file without a packet takes one of any size.
  private func isFull(_ writer: any CaptureWriter, by growth: Int) -> Bool {
    guard let size = rotation.size, hasPacket else { return false }
    return writer.length + UInt64(growth) > size
  }

  /// Whether the time of the file at hand is over; then the next one begins. Packets that come
  /// late go into the file at hand.
  private func isOver(at time: Timestamp) -> Bool {
    guard let seconds = rotation.seconds else { return false }
    let period = Int64(seconds) * 1_000_000_000
    guard let end else {
      self.end = Self.later(time, by: period)
      return false
    }
    if time < end { return false }
    // Times without packets have no file.
    let past = max(0, time.since(end))
    self.end = Self.later(end, by: past - past % period + period)
    return true
  }

  /// The last moment there is, where time would wrap.
  private static func later(_ time: Timestamp, by nanoseconds: Int64) -> Timestamp {
    let (sum, hasWrapped) = time.nanoseconds.addingReportingOverflow(nanoseconds)
    return Timestamp(nanoseconds: hasWrapped ? .max : sum)
  }

  private func open(at time: Timestamp?) throws(CaptureError) -> any CaptureWriter {
    let name = try names.next(at: time)
    if let count = rotation.count {
      // An hour that comes again takes the place of its last file.
      kept.removeAll { $0 == name }
      while kept.count >= max(1, count) { try remove(kept.removeFirst()) }
      kept.append(name)
    }
    hasPacket = false
    let writer = try createWriter(path: name, interfaces: interfaces, memory: memory)
    writer.begin(expected, likeness)
    return writer
  }

  private func remove(_ name: String) throws(CaptureError) {
    // Somebody may have taken it away.
    if unsafe unlink(name) != 0 && errno != ENOENT {
      throw CaptureError(file: name, reason: SystemError.last.reason)
    }
  }
}

/// The writer of a capture file that can tell how large it becomes.
protocol CaptureWriter: PacketSink {
  /// How many bytes longer the file is when a frame has been written, with all that has to stand
  /// in front of it.
  func growth(by frame: borrowing Frame, _ interfaces: [CaptureInterface]) -> Int

  func growth(by block: CaptureBlock) -> Int

  /// How many bytes it has.
  var length: UInt64 { get }
}

extension PcapWriter: CaptureWriter {
  func growth(by frame: borrowing Frame, _ interfaces: [CaptureInterface]) -> Int {
    (hasBegun ? 0 : 24) + 16 + frame.capturedLength
  }

  func growth(by block: CaptureBlock) -> Int { 0 }
}
