import Buffers
import Wire

/// Writes a pcapng file. What comes from a single pcapng file keeps its sections: every block is written
/// as it stands there, in its place, and packets that were not changed are the same bytes. Everything
/// else goes into one section, with the interfaces of the source in the order of their first mention,
/// each with its own unit of time; packets become enhanced packet blocks there.
final class PcapNGWriter: PacketSink {
  private let file: OutputFile
  private var expected: [CaptureInterface]
  /// For the next file of a rotated capture.
  private let memory: SectionMemory?
  private var likeness = Likeness.open
  private var hasBegun = false
  /// Whether the section at hand is one of the input's, so that its blocks may be copied.
  private var isMirrored = false
  private var sectionNumber = 0
  private var interfaceCount = 0
  private var known: [KnownInterface] = []
  private var translator = BlockTranslator()
  /// Section headers of several inputs, until something else comes.
  private var merged: MergedSection?
  private var isMerge = false
  /// Where the section at hand says how long it is, if that can be taken back.
  private var lengthField: UInt64?

  /// An interface of the source, by its index there.
  private struct KnownInterface {
    /// The last section that describes it.
    var section = 0
    /// Its number in that section.
    var number = 0
    var linkType: LinkType
    var snapLength: UInt32
    var clock: UnitClock
  }

  init(
    _ file: OutputFile, interfaces: [CaptureInterface], memory: SectionMemory? = nil
  ) {
    self.file = file
    expected = interfaces
    self.memory = memory
    if let memory, !memory.section.isEmpty { isMirrored = memory.isMirrored }
  }

  var unkept: Unkept { translator.unkept }

  var length: UInt64 { file.length }

  func begin(_ interfaces: [CaptureInterface], _ likeness: Likeness) {
    if expected.isEmpty { expected = interfaces }
    self.likeness = max(likeness, memory == nil ? .identical : .different)
    translator.dropsUncopied = self.likeness == .different
  }

  func noteDifference() {
    guard likeness != .different else { return }
    likeness = .different
    translator.dropsUncopied = true
    forgetLength()
  }

  /// The section at hand is not as long as its header says; those that have ended are.
  private func forgetLength() {
    if let lengthField { file.patch(at: lengthField, [UInt8](repeating: 0xff, count: 8)) }
    lengthField = nil
  }

  func write(
    _ frame: borrowing Frame, interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    if isMirrored {
      if !hasBegun { try beginOwnSection() }
      if try copy(frame) { return }
    }
    let number = try number(of: frame, interfaces)
    let options = translator.packetOptions(of: frame, isUnchanged: true)
    let hasTime = frame.record.kind != .simple
    try writeBlock(frame, interface: number, stamp: stamp(of: frame, hasTime: hasTime), options)
  }

  func write(
    _ frame: borrowing Frame, madeOf original: borrowing Frame, isFirst: Bool,
    interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    let number = try number(of: frame, interfaces)
    let isSimple = original.record.kind == .simple
    if isSimple, isMirrored, number == 0, try writeSimple(frame) { return }
    let options = isFirst ? translator.packetOptions(of: original, isUnchanged: false) : []
    try writeBlock(frame, interface: number, stamp: stamp(of: frame, hasTime: !isSimple), options)
  }

  func finish() throws(CaptureError) {
    if !hasBegun {
      try beginOwnSection()
      if !isMerge {
        try describe(expected.isEmpty ? [CaptureInterface(linkType: .ethernet)] : expected)
      }
    }
    try file.finish()
  }
}

/// Packets.
extension PcapNGWriter {
  /// Writes the block of a packet as it stands in the input, if it may and can be; otherwise `false`.
  @inline(__always)
  private func copy(_ frame: borrowing Frame) throws(CaptureError) -> Bool {
    guard frame.record.isBlock, known.indices.contains(frame.interface),
      known[frame.interface].section == sectionNumber,
      frame.isIntact(interface: known[frame.interface].number)
    else { return false }
    if likeness == .different, frame.record.trailingLength > 0, frame.hasUncopiedOption {
      return false
    }
    try file.append(frame.recordBytes)
    return true
  }

  /// The number of a frame's interface in the section at hand, which is described if it has not been.
  private func number(
    of frame: borrowing Frame, _ interfaces: [CaptureInterface]
  ) throws(CaptureError) -> Int {
    if !hasBegun { try beginOwnSection() }
    let index = frame.interface
    if !(known.indices.contains(index) && known[index].section == sectionNumber) {
      guard interfaces.indices.contains(index) else {
        throw file.refusal(frame, "is of interface \(index), there are \(interfaces.count)")
      }
      if isMerge || isMirrored {
        try describe(interfaces[index], index: index)
      } else {
        try describe(interfaces)
      }
    }
    guard frame.linkType == known[index].linkType else {
      throw file.refusal(
        frame, "is of link type \(frame.linkType), its interface of \(known[index].linkType)")
    }
    try file.check(lengthOf: frame)
    return known[index].number
  }

  /// The stamp as it was read, where it says this frame's time in its interface's units, so that
  /// it stays the same in units that no nanosecond expresses. Otherwise it is made from the time.
  private func stamp(
    of frame: borrowing Frame, hasTime: Bool
  ) throws(CaptureError) -> UInt64 {
    let clock = known[frame.interface].clock
    if clock.timestamp(of: frame.stamp) == frame.timestamp { return frame.stamp }
    guard let units = clock.units(at: frame.timestamp) else {
      // The time of a packet without one is that of a packet before, or none.
      if !hasTime { return 0 }
      throw file.refusal(
        frame, "is of \(frame.timestamp), which its interface's units of time cannot express")
    }
    return units
  }

  /// An enhanced packet block (draft-ietf-opsawg-pcapng, section 4.3).
  @inline(__always)
  private func writeBlock(
    _ frame: borrowing Frame, interface: Int, stamp: UInt64, _ options: [UInt8]
  ) throws(CaptureError) {
    let padding = -frame.capturedLength & 3
    let length = UInt32(32 + frame.capturedLength + padding + options.count)
    let header: [7 of UInt32] = [
      ordered(BlockType.enhancedPacket), ordered(length), ordered(UInt32(interface)),
      ordered(UInt32(truncatingIfNeeded: stamp >> 32)),
      ordered(UInt32(truncatingIfNeeded: stamp)), ordered(UInt32(frame.capturedLength)),
      ordered(UInt32(clamping: frame.originalLength)),
    ]
    try file.append(unsafe header.span.bytes)
    try file.append(frame.bytes)
    if !options.isEmpty { return try end(length, padding: padding, options) }
    // The padding and the repeated length in one piece.
    let end: [1 of UInt64] = [UInt64(ordered(length)) << UInt64(8 * padding)]
    try file.append(unsafe end.span.bytes.extracting(first: padding + 4))
  }

  @inline(never)
  private func end(
    _ length: UInt32, padding: Int, _ options: [UInt8]
  ) throws(CaptureError) {
    let zeros: [1 of UInt32] = [0]
    try file.append(unsafe zeros.span.bytes.extracting(first: padding))
    try file.append(unsafe options.span.bytes)
    let end: [1 of UInt32] = [ordered(length)]
    try file.append(unsafe end.span.bytes)
  }

  private func ordered(_ value: UInt32) -> UInt32 {
    translator.isBigEndian ? value.byteSwapped : value
  }

  /// A simple packet block, where one can say how long the packet is; otherwise `false`.
  private func writeSimple(_ frame: borrowing Frame) throws(CaptureError) -> Bool {
    let limit = known[frame.interface].snapLength
    let captured = limit == 0 ? frame.originalLength : min(frame.originalLength, Int(limit))
    guard captured == frame.capturedLength else { return false }
    var body = BlockBytes(isBigEndian: translator.isBigEndian)
    body.append(UInt32(clamping: frame.originalLength))
    body.append(frame.bytes)
    body.pad()
    try file.append(unsafe body.block(BlockType.simplePacket).span.bytes)
    return true
  }
}

/// Other blocks.
extension PcapNGWriter {
  func write(_ block: CaptureBlock, interfaces: [CaptureInterface]) throws(CaptureError) {
    guard block.isIntact else { return translator.drop(Unkept.Kind(block: block.type)) }
    if block.isMerged { isMerge = true }
    switch block.type {
    case BlockType.section: try writeSection(block)
    case BlockType.interface: try writeInterface(block, interfaces)
    default: try writeOther(block)
    }
  }

  private func writeSection(_ block: CaptureBlock) throws(CaptureError) {
    guard block.isMerged else { return try mirror(block) }
    guard !hasBegun else {
      // The one section that all packets share has its header already.
      translator.dropOptions(of: block)
      return
    }
    if merged == nil { merged = MergedSection() }
    merged?.add(block, &translator)
  }

  /// Begins a section of the input.
  private func mirror(_ block: CaptureBlock) throws(CaptureError) {
    isMirrored = true
    startSection(isBigEndian: block.isBigEndian)
    var bytes: [UInt8]?
    if translator.dropsUncopied && block.hasUncopiedOption {
      bytes = BlockBytes.section(
        isBigEndian: block.isBigEndian, options: translator.sectionOptions(of: block))
    } else if block.saysSectionLength {
      let mayStay = likeness == .identical || likeness == .open && file.isPatchable
      if !mayStay { bytes = block.withoutSectionLength }
      if mayStay && file.isPatchable {
        lengthField = file.length + UInt64(CaptureBlock.sectionLengthOffset)
      }
    }
    memory?.begin(
      bytes ?? block.withoutSectionLength, isBigEndian: block.isBigEndian, isMirrored: true)
    if let bytes {
      try file.append(unsafe bytes.span.bytes)
    } else {
      try file.append(block.bytes)
    }
  }

  private func startSection(isBigEndian: Bool) {
    hasBegun = true
    sectionNumber += 1
    interfaceCount = 0
    lengthField = nil
    translator.isBigEndian = isBigEndian
  }

  /// Begins a section that is none of the input's, or the one that the last file had.
  private func beginOwnSection() throws(CaptureError) {
    if let memory, !memory.section.isEmpty { return try resume(memory) }
    startSection(isBigEndian: false)
    let bytes = BlockBytes.section(options: merged?.options ?? [])
    merged = nil
    memory?.begin(bytes, isBigEndian: false, isMirrored: false)
    try file.append(unsafe bytes.span.bytes)
  }

  private func resume(_ memory: SectionMemory) throws(CaptureError) {
    startSection(isBigEndian: memory.isBigEndian)
    let section = memory.section
    try file.append(unsafe section.span.bytes)
    for interface in memory.interfaces {
      note(interface.interface, index: interface.index)
      try file.append(unsafe interface.bytes.span.bytes)
    }
    for block in memory.shared { try file.append(unsafe block.span.bytes) }
  }

  private func writeInterface(
    _ block: CaptureBlock, _ interfaces: [CaptureInterface]
  ) throws(CaptureError) {
    if !hasBegun { try beginOwnSection() }
    guard interfaces.indices.contains(block.interface) else {
      return translator.drop(.interfaceOption)
    }
    let interface = interfaces[block.interface]
    let isCopied = isMirrored && !(translator.dropsUncopied && block.hasUncopiedOption)
    let bytes =
      isCopied
      ? nil
      : translator.block(block, interface: 0)
        ?? BlockBytes.interface(interface, isBigEndian: translator.isBigEndian)
    note(interface, index: block.interface)
    memory?.add(bytes ?? block.bytes.array, interface, index: block.interface)
    if let bytes {
      try file.append(unsafe bytes.span.bytes)
    } else {
      try file.append(block.bytes)
    }
  }

  private func writeOther(_ block: CaptureBlock) throws(CaptureError) {
    if !hasBegun { try beginOwnSection() }
    let kind = Unkept.Kind(block: block.type)
    if block.type == BlockType.customNotCopied, translator.dropsUncopied {
      return translator.drop(kind)
    }
    if isMirrored, !(translator.dropsUncopied && block.hasUncopiedOption) {
      remember(block.type, block.bytes)
      return try appendInPieces(block.bytes)
    }
    var number = 0
    if block.type == BlockType.statistics {
      guard known.indices.contains(block.interface),
        known[block.interface].section == sectionNumber
      else { return translator.drop(kind) }
      number = known[block.interface].number
    }
    guard block.byteCount <= CaptureLimits.keptBlockLength,
      let bytes = translator.block(block, interface: number)
    else { return translator.drop(kind) }
    remember(block.type, unsafe bytes.span.bytes)
    try file.append(unsafe bytes.span.bytes)
  }

  private func remember(_ type: UInt32, _ bytes: RawSpan) {
    guard let memory, type == BlockType.names || type == BlockType.secrets else { return }
    if !memory.add(bytes) { translator.drop(Unkept.Kind(block: type)) }
  }

  /// What is long comes into memory piece by piece, and goes again.
  private func appendInPieces(_ bytes: RawSpan) throws(CaptureError) {
    var rest = bytes
    while rest.byteCount > 0 {
      let piece = rest.extracting(first: 4 << 20)
      try file.append(piece)
      rest = rest.extracting(droppingFirst: piece.byteCount)
      if rest.byteCount > 0 { MappedCaptures.giveBackPassed() }
    }
  }

  /// Describes the interfaces that the section does not have yet, in their order.
  private func describe(_ interfaces: [CaptureInterface]) throws(CaptureError) {
    for index in interfaces.indices
    where !(known.indices.contains(index) && known[index].section == sectionNumber) {
      try describe(interfaces[index], index: index)
    }
  }

  private func describe(
    _ interface: CaptureInterface, index: Int
  ) throws(CaptureError) {
    let bytes = BlockBytes.interface(interface, isBigEndian: translator.isBigEndian)
    forgetLength()
    note(interface, index: index)
    memory?.add(bytes, interface, index: index)
    try file.append(unsafe bytes.span.bytes)
  }

  /// An interface has got the next number of the section.
  private func note(_ interface: CaptureInterface, index: Int) {
    let entry = KnownInterface(
      section: sectionNumber, number: interfaceCount, linkType: interface.linkType,
      snapLength: interface.snapLength, clock: UnitClock(interface))
    interfaceCount += 1
    while known.count < index {
      known.append(
        KnownInterface(
          linkType: interface.linkType, snapLength: 0, clock: UnitClock(interface)))
    }
    if index < known.count { known[index] = entry } else { known.append(entry) }
  }
}

extension PcapNGWriter: CaptureWriter {
  func growth(by frame: borrowing Frame, _ interfaces: [CaptureInterface]) -> Int {
    let packet = max(frame.recordLength, 32 + (frame.capturedLength + 3) / 4 * 4)
    return descriptionLength(of: interfaces)
      + (frame.record.isBlock ? packet : 32 + (frame.capturedLength + 3) / 4 * 4)
  }

  func growth(by block: CaptureBlock) -> Int { block.byteCount }

  /// How long what stands in front of the next packet is.
  private func descriptionLength(of interfaces: [CaptureInterface]) -> Int {
    if hasBegun {
      return isMirrored || isMerge || interfaceCount >= interfaces.count
        ? 0
        : interfaces.dropFirst(interfaceCount).reduce(0) { $0 + BlockBytes.interface($1).count }
    }
    if let memory, !memory.section.isEmpty {
      return memory.section.count + memory.interfaces.reduce(0) { $0 + $1.bytes.count }
        + memory.shared.reduce(0) { $0 + $1.count }
    }
    return interfaces.reduce(BlockBytes.section().count) {
      $0 + BlockBytes.interface($1).count
    }
  }
}
