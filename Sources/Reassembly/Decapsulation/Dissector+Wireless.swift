import Wire

extension Dissector {
  /// IEEE 802.11 with a header of the capture in front: radiotap, Prism or AVS.
  @inline(never)
  func dissectWireless(_ bytes: RawSpan, _ linkType: LinkType, _ result: inout Dissection) {
    guard linkType != .wireless else {
      dissectWireless(bytes, at: 0, isPadded: false, &result)
      return
    }
    guard bytes.byteCount >= 8 else {
      result.kind = .malformed
      return
    }
    if linkType == .wirelessRadiotap {
      dissectRadiotap(bytes, &result)
      return
    }
    // A message number and the length: Prism's in the byte order of whoever captured, AVS's in network
    // order. A device that is asked for one may give the other.
    let isAVS = bytes.load(bigEndianAt: 0, as: UInt32.self) >> 12 == 0x80211
    let little: UInt32 = bytes.load(littleEndianAt: 4)
    let length = isAVS || little > 0xFFFF ? little.byteSwapped : little
    dissectWireless(bytes, at: Int(length), isPadded: false, &result)
  }

  /// The header of radiotap.org, of which only the flags say anything of the frame behind it.
  private func dissectRadiotap(_ bytes: RawSpan, _ result: inout Dissection) {
    let length = Int(bytes.load(littleEndianAt: 2, as: UInt16.self))
    guard bytes.byte(at: 0) == 0, length >= 8, length <= bytes.byteCount else {
      result.kind = .malformed
      return
    }
    let flags = radiotapFlags(bytes.extracting(0..<length))
    // The last four bytes of a frame may be its checksum.
    let hasChecksum = flags & 0x10 != 0 && bytes.byteCount == result.frameLength
    let end = hasChecksum ? max(bytes.byteCount &- 4, length) : bytes.byteCount
    let frameLength = result.frameLength
    result.frameLength &-= bytes.byteCount &- end
    dissectWireless(
      bytes.extracting(0..<end), at: length, isPadded: flags & 0x20 != 0, &result)
    result.frameLength = frameLength
  }

  /// The flags, which stand behind the words that say which fields are there, and behind the time.
  private func radiotapFlags(_ header: RawSpan) -> UInt8 {
    let present: UInt32 = header.load(littleEndianAt: 4)
    var offset = 8
    var word = present
    // The highest bit says that another word follows.
    while word >> 31 != 0 {
      guard offset &+ 4 <= header.byteCount else { return 0 }
      word = header.load(littleEndianAt: offset)
      offset &+= 4
    }
    guard present & 2 != 0 else { return 0 }
    if present & 1 != 0 { offset = (offset &+ 7) / 8 &* 8 &+ 8 }
    return offset < header.byteCount ? header.byte(at: offset) : 0
  }

  /// A frame of IEEE 802.11: of those that carry data, the ones that lie open in one piece.
  ///
  /// - Parameter isPadded: the body begins at a multiple of four bytes.
  private func dissectWireless(
    _ bytes: RawSpan, at start: Int, isPadded: Bool, _ result: inout Dissection
  ) {
    guard start &+ 24 <= bytes.byteCount else {
      // Acknowledgements and the like are shorter.
      result.kind =
        start < bytes.byteCount && bytes.byte(at: start) & 0x0C == 4 ? .notIP : .malformed
      return
    }
    result.kind = .notIP
    let control = bytes.byte(at: start)
    let flags = bytes.byte(at: start &+ 1)
    // Version 0, type 2; a subtype with bit 2 has no body.
    guard control & 0x0F == 0x08, control & 0x40 == 0 else { return }
    // Protected, or a fragment.
    guard flags & 0x44 == 0, bytes.byte(at: start &+ 22) & 0x0F == 0 else { return }
    // From one access point to another there are four addresses.
    var length = flags & 0x03 == 0x03 ? 30 : 24
    if control & 0x80 != 0 {
      guard start &+ length &+ 2 <= bytes.byteCount else { return }
      // Several frames in one (A-MSDU) are not taken apart.
      guard bytes.byte(at: start &+ length) & 0x80 == 0 else { return }
      // With the bit for order it has another field, HT control.
      length &+= flags & 0x80 != 0 ? 6 : 2
    }
    if isPadded { length = (length &+ 3) / 4 &* 4 }
    let body = start &+ length
    guard let type = snapType(bytes, at: body) else { return }
    dissect(bytes, at: body &+ 8, type, &result)
  }
}
