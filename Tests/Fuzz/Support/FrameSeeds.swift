import Support
import Wire

/// Frames with right headers and checksums, for seeds and as what scenes are made of.
enum FrameSeeds {
  static let client = IPAddress(ipv4: 0x0A00_0001)
  static let server = IPAddress(ipv4: 0xC000_0250)
  static let client6 = IPAddress(ipv6: 0x2001_0DB8_0000_0000, 1)
  static let server6 = IPAddress(ipv6: 0x2001_0DB8_0000_0000, 2)

  /// One of each kind, for a link type.
  static func frames(_ linkType: LinkType) -> [[UInt8]] {
    packets().map { link(linkType, isIPv6: $0[0] >> 4 == 6) + $0 }
      + (Encapsulation.tunnels + Encapsulation.teredo + Encapsulation.links)
      .filter { $0.linkType == linkType }
      .flatMap { encapsulation in
        packets().filter { encapsulation.families.count == 2 || $0[0] >> 4 == 6 }
          .map { encapsulation.pack($0, true, 1) }
      }
  }

  /// IP packets without a link header.
  private static func packets() -> [[UInt8]] {
    var syn = TCPHeader(
      sourcePort: 1025, destinationPort: 80, sequence: SequenceNumber(7), flags: .syn)
    syn.options.appendMaximumSegmentSize(1460)
    var result: [[UInt8]] = []
    for (source, destination) in [(client, server), (client6, server6)] {
      let headers = FrameHeaders(ip: IPHeader(source: source, destination: destination))
      var bytes: [UInt8] = []
      headers.append(syn, payload: [UInt8]().span.bytes, to: &bytes)
      result.append(bytes)
      bytes = []
      headers.append(
        UDPHeader(sourcePort: 53, destinationPort: 1026), payload: [UInt8](1...9).span.bytes,
        to: &bytes)
      result.append(bytes)
      var ip = headers.ip
      ip.fragment = IPHeader.Fragment(offset: 0, moreFragments: true)
      bytes = []
      FrameHeaders(ip: ip).append(payload: [UInt8](0..<16).span.bytes, to: &bytes)
      result.append(bytes)
    }
    return result + Conversation.Family.allCases.flatMap(errors) + [jumbogram]
  }

  /// A SYN, and ICMP errors that quote it: unreachable, and too big.
  private static func errors(_ family: Conversation.Family) -> [[UInt8]] {
    let talk = Conversation(family)
    talk.originator.opens()
    let quote = talk.quotesLast()
    talk.sendsICMP(type: family == .ipv4 ? 3 : 1, code: 4, quoting: quote, to: talk.originator)
    talk.sendsICMP(
      type: family == .ipv4 ? 3 : 2, code: 4, word: 1280, quoting: quote, to: talk.originator)
    return talk.frames.map { Array($0.bytes.dropFirst(talk.networkOffset)) }
  }

  /// An IPv6 packet whose hop-by-hop header has a Jumbo Payload option.
  private static var jumbogram: [UInt8] {
    [0x60, 0, 0, 0, 0, 0, 0, 64] + client6.bytes + server6.bytes
      + [59, 0, 0xC2, 4, 0, 1, 0, 0]
  }

  private static func link(_ linkType: LinkType, isIPv6: Bool) -> [UInt8] {
    let type: [UInt8] = isIPv6 ? [0x86, 0xDD] : [0x08, 0x00]
    switch linkType {
    case .ethernet: return [UInt8](repeating: 2, count: 12) + [0x81, 0, 0, 5] + type
    case .null: return [isIPv6 ? 10 : 2, 0, 0, 0]
    case .loop: return [0, 0, 0, isIPv6 ? 24 : 2]
    case .linuxCooked: return [UInt8](repeating: 0, count: 14) + type
    case .linuxCooked2: return type + [UInt8](repeating: 0, count: 18)
    default: return []
    }
  }
}
