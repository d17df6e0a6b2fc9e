import Buffers
import Wire

/// The blocks of a pcapng file: sections, each with its byte order and its interfaces, and the
/// packets of those.
struct PcapNGFormat: CaptureFormat {
  /// What a packet needs to know of its interface.
  private struct Origin {
    var linkType: LinkType
    var clock: UnitClock
  }

  /// Budgets of what a file can make us remember.
  static let interfaceLimit = 65_536
  static let nameBytesLimit = 1 << 20

  private(set) var interfaces: [CaptureInterface] = []
  private var origins: [Origin] = []
  private var nameBytes = 0
  /// The first block of a file is always a section header.
  private var isBigEndian = false
  private var firstInterface = 0
  private var ordinal: UInt64 = 0
  private var lastTimestamp = Timestamp(nanoseconds: 0)

  mutating func parse(_ window: inout Window, into batch: inout FrameBatch) -> ParseStop {
    let end = window.position &+ CaptureLimits.batchBytes
    do throws(BlockProblem) {
      while !batch.isFull {
        let needed = try block(&window, into: &batch)
        if needed > 0 { return stop(needed, window, &batch) }
        if needed < 0 || window.position >= end && batch.hasAnything { break }
      }
      return .batchIsFull
    } catch {
      return .damaged(error.reason)
    }
  }

  /// Where a block is not all there: what is no packet need not be in one piece to be passed over.
  @inline(never)
  private func stop(_ needed: Int, _ window: Window, _ batch: inout FrameBatch) -> ParseStop {
    guard needed > CaptureLimits.keptBlockLength,
      let header = try? BlockHeader(window.bytes, isBigEndian: isBigEndian), header.mayBeSkipped
    else { return .needs(needed) }
    return .isTooLong(CaptureBlock(tooLarge: header.type, isBigEndian: isBigEndian), needed)
  }

  /// Takes one block. Returns how many bytes it needs if they are not all there, otherwise 0, or -1
  /// where the batch has enough blocks.
  @inline(__always)
  private mutating func block(
    _ window: inout Window, into batch: inout FrameBatch
  ) throws(BlockProblem) -> Int {
    let available = window.available
    guard available >= BlockHeader.minimumLength else { return BlockHeader.minimumLength }
    if window.bytes.load(bigEndianAt: 0, as: UInt32.self) == BlockType.section {
      try readByteOrder(window.bytes)
    }
    let header = try BlockHeader(window.bytes, isBigEndian: isBigEndian)
    guard header.length <= available else { return header.length }
    try header.checkEnd(window.bytes, isBigEndian: isBigEndian)
    guard header.type == BlockType.enhancedPacket else {
      try rareBlock(header, window, into: &batch)
      window.position &+= header.length
      return batch.isFullOfBlocks ? -1 : 0
    }
    unsafe prefetchAhead(
      window.base, from: window.position, length: header.length, count: window.count,
      prefetched: &window.prefetched)
    let packet = try PacketBlock(enhanced: body(window, header))
    try append(packet, .enhanced, header, window, to: &batch)
    window.position &+= header.length
    return 0
  }

  @inline(__always) @_lifetime(borrow window)
  private func body(_ window: borrowing Window, _ header: BlockHeader) -> Fields {
    let fields = Fields(
      bytes: window.bytes.extracting(header.bodyRange), isBigEndian: isBigEndian)
    return unsafe _overrideLifetime(fields, borrowing: window)
  }

  private mutating func readByteOrder(_ bytes: RawSpan) throws(BlockProblem) {
    guard let order = Section.byteOrder(bytes) else {
      throw BlockProblem("section header has no byte-order magic")
    }
    isBigEndian = order
  }

  @inline(never)
  private mutating func rareBlock(
    _ header: BlockHeader, _ window: Window, into batch: inout FrameBatch
  ) throws(BlockProblem) {
    var interface = -1
    switch header.type {
    case BlockType.section:
      let section = try Section(body: body(window, header), firstInterface: interfaces.count)
      firstInterface = section.firstInterface
    case BlockType.interface:
      interface = interfaces.count
      try add(InterfaceBlock.interface(body(window, header)))
    case BlockType.obsoletePacket:
      let packet = try PacketBlock(obsolete: body(window, header))
      return try append(packet, .obsolete, header, window, to: &batch)
    case BlockType.simplePacket:
      let index = try globalIndex(0)
      let packet = try PacketBlock(
        simple: body(window, header), snapLength: interfaces[index].snapLength)
      return try append(packet, .simple, header, window, to: &batch)
    case BlockType.statistics where header.length >= BlockHeader.minimumLength + 4:
      let local = Int(body(window, header).word(0))
      interface = local < origins.count &- firstInterface ? firstInterface &+ local : -1
    default: break
    }
    if batch.keepsBlocks {
      // The block was checked to lie in the window.
      batch.append(
        unsafe CaptureBlock(
          base: window.base + window.position, byteCount: header.length, type: header.type,
          isBigEndian: isBigEndian, interface: interface))
    }
  }

  private mutating func add(_ interface: CaptureInterface) throws(BlockProblem) {
    nameBytes += interface.name?.utf8.count ?? 0
    guard interfaces.count < Self.interfaceLimit, nameBytes <= Self.nameBytesLimit else {
      throw BlockProblem("more interfaces than can be remembered (\(interfaces.count))")
    }
    interfaces.append(interface)
    origins.append(Origin(linkType: interface.linkType, clock: UnitClock(interface)))
  }

  /// The index in the whole input of an interface of this section.
  @inline(__always)
  private func globalIndex(_ local: Int) throws(BlockProblem) -> Int {
    guard local < origins.count &- firstInterface else {
      throw BlockProblem(
        "packet of interface \(local), the section has \(origins.count - firstInterface)")
    }
    return firstInterface &+ local
  }

  @inline(__always)
  private mutating func append(
    _ packet: PacketBlock, _ kind: FrameRecord.Kind, _ header: BlockHeader, _ window: Window,
    to batch: inout FrameBatch
  ) throws(BlockProblem) {
    let index = try globalIndex(packet.interface)
    if let stamp = packet.stamp { lastTimestamp = origins[index].clock.timestamp(of: stamp) }
    ordinal &+= 1
    let padded = (packet.capturedLength &+ 3) & ~3
    let trailing = header.length &- BlockHeader.minimumLength &- packet.dataOffset &- padded
    // The packet's data were checked to lie in the block, and the block in the window.
    batch.append(
      unsafe Frame(
        base: window.base + window.position + 8 + packet.dataOffset,
        capturedLength: packet.capturedLength, originalLength: packet.originalLength,
        timestamp: lastTimestamp, stamp: packet.stamp ?? 0, interface: index, ordinal: ordinal,
        linkType: origins[index].linkType,
        record: FrameRecord(kind, isBigEndian: isBigEndian, trailingWords: trailing >> 2)))
  }

  func cutReason(of window: Window) -> String {
    let available = window.available
    let header = available >= 8 ? Fields(bytes: window.bytes, isBigEndian: isBigEndian) : nil
    guard available >= BlockHeader.minimumLength, let length = header?.word(4) else {
      return "block header cut off: \(available) of \(BlockHeader.minimumLength) bytes"
    }
    return "block cut off: \(available) of \(length) bytes"
  }
}
