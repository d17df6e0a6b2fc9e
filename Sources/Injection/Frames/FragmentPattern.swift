import Buffers
import Sockets
import Wire

/// How a packet that was put together from fragments is taken apart again.
struct FragmentPattern {
  /// The fragments, as ranges of the content.
  let pieces: [Range<Int>]
  /// Where the IP header begins, and how long it is in front of what is fragmented.
  let network: Int
  let header: Int
  /// Where the content begins in the whole packet, and how long it is.
  let start: Int
  let count: Int
  /// IPv6: the Fragment header (RFC 8200 §4.5), and where the number is that announces it.
  let fragmentHeader: [UInt8]
  let nextHeader: Int
  /// The headers around the whole packet.
  let surroundings: Surroundings
  let isIPv4: Bool

  /// - Parameter fragment: one of those that were captured. `nil` where it makes no sense.
  init?(
    _ fragment: Frame, _ layers: [LayerPlace], whole: Frame, _ wholeLayers: [LayerPlace]
  ) {
    guard let old = layers.last(where: \.isIP),
      let index = wholeLayers.lastIndex(where: \.isIP), wholeLayers[index].offset == old.offset
    else { return nil }
    network = old.offset
    isIPv4 = old.kind == .ipv4
    let packet = fragment.bytes.extracting(droppingFirst: network)
    var place = 0
    var size = 0
    var isLast = false
    if let ipv4 = try? IPv4Packet(validating: packet), ipv4.isFragment {
      header = ipv4.headerLength
      (place, size) = (
        ipv4.fragmentOffset, Int(packet.load(bigEndianAt: 2, as: UInt16.self)) - header
      )
      isLast = !ipv4.moreFragments
      fragmentHeader = []
      nextHeader = 0
    } else if let ipv6 = try? IPv6Packet(validating: packet), ipv6.isFragment {
      header = ipv6.fragmentHeaderOffset
      let length = 40 + Int(packet.load(bigEndianAt: 4, as: UInt16.self))
      (place, size) = (ipv6.fragmentOffset, length - header - 8)
      isLast = !ipv6.moreFragments
      fragmentHeader = (0..<8).map { packet.byte(at: ipv6.fragmentHeaderOffset + $0) }
      nextHeader = ipv6.lastNextHeaderOffset
    } else {
      return nil
    }
    start = network + header
    surroundings = Surroundings(Array(wholeLayers[...index]), in: whole.bytes)
    count = surroundings.ends[index] - start
    let step = isLast ? Self.size(before: place) : size
    guard count > 0, count <= 0xFFFF, step >= 8 else { return nil }
    let (count, most) = (count, step)
    pieces = stride(from: 0, to: count, by: most).map { $0..<min($0 + most, count) }
  }

  /// Of fragments of one size in front of a place: as large as they can be and still fit Ethernet.
  private static func size(before place: Int) -> Int {
    var number = max((place + 1479) / 1480, 1)
    while number < place / 8, !place.isMultiple(of: 8 * number) { number += 1 }
    return place / number
  }
}

extension FrameScratch {
  /// Makes a frame of a part of a packet.
  mutating func putFragment(_ piece: Range<Int>, of whole: Frame, _ pattern: FragmentPattern) {
    let isLast = piece.upperBound == pattern.count
    fill(whole.bytes.extracting(0..<pattern.start))
    append(pattern.fragmentHeader[...])
    let place = pattern.start + piece.lowerBound
    append(whole.bytes.extracting(place..<place + piece.count))
    let end = bytes.count
    let oldEnd = pattern.start + pattern.count
    append(
      whole.bytes.extracting(
        oldEnd..<max(min(pattern.surroundings.end, whole.capturedLength), oldEnd)))
    var span = bytes.mutableSpan
    var memory = unsafe span.mutableBytes
    memory.makeFragment(pattern, at: piece.lowerBound, end: end, isLast: isLast)
    let extent = Extent(end: end, change: end - oldEnd, number: 0)
    memory.changeLayers(pattern.surroundings, below: pattern.network, extent, from: whole.bytes)
  }
}

extension MutableRawSpan {
  fileprivate mutating func makeFragment(
    _ pattern: FragmentPattern, at place: Int, end: Int, isLast: Bool
  ) {
    let start = pattern.network
    let offset = UInt16(truncatingIfNeeded: place / 8)
    if pattern.isIPv4 {
      store(UInt16(truncatingIfNeeded: end - start), bigEndianAt: start + 2)
      store(offset | (isLast ? 0 : 0x2000), bigEndianAt: start + 6)
      updateIPv4Checksum(at: start, headerLength: pattern.header)
    } else {
      store(UInt16(truncatingIfNeeded: end - start - 40), bigEndianAt: start + 4)
      store(byte: IPProtocol.fragment.rawValue, at: start + pattern.nextHeader)
      store(offset << 3 | (isLast ? 0 : 1), bigEndianAt: pattern.start + 2)
    }
  }
}
