import Wire

/// A way to pack the packets of a conversation.
public struct Encapsulation: Sendable, CustomStringConvertible {
  public var description: String
  public var linkType: LinkType
  /// Which of the conversation's directions it may carry: an IPv6 packet only, for some.
  public var families: [Conversation.Family] = Conversation.Family.allCases
  /// Packs an IP packet, on its way out or back; `number` tells tunnels of the kind apart.
  public var pack: @Sendable (_ packet: [UInt8], _ isOut: Bool, _ number: Int) -> [UInt8]

  public init(
    _ name: String, linkType: LinkType = .ethernet,
    families: [Conversation.Family] = Conversation.Family.allCases,
    _ pack: @escaping @Sendable (_ packet: [UInt8], _ isOut: Bool, _ number: Int) -> [UInt8]
  ) {
    description = name
    self.linkType = linkType
    self.families = families
    self.pack = pack
  }

  /// The frames of a conversation, packed.
  public func frames(of talk: Conversation, number: Int = 1) -> [CapturedFrame] {
    talk.frames.map { frame in
      let packet = Array(frame.bytes.dropFirst(talk.networkOffset))
      let source = talk.family == .ipv4 ? packet[12..<16] : packet[8..<24]
      let isOut = Array(source) == talk.originator.address.bytes
      return CapturedFrame(pack(packet, isOut, number), at: frame.timestamp, linkType: linkType)
    }
  }
}

/// Layers around a packet, as bytes.
public enum Layer {
  /// 16 bits in network order.
  public static func word(_ value: Int) -> [UInt8] {
    [UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  public static func type(of packet: [UInt8]) -> [UInt8] {
    packet[0] >> 4 == 4 ? [0x08, 0x00] : [0x86, 0xDD]
  }

  /// An Ethernet frame with a packet, or with what `type` says.
  public static func ethernet(_ packet: [UInt8], type: [UInt8]? = nil) -> [UInt8] {
    [2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 8] + (type ?? self.type(of: packet)) + packet
  }

  /// The outer ends: 192.0.2.n and 198.51.100.n, or the same in IPv6.
  public static func end(_ isFirst: Bool, _ number: Int, _ family: Conversation.Family) -> IPAddress
  {
    let low = UInt32(isFirst ? 0xC000_0200 : 0xC633_6400) | UInt32(number)
    return family == .ipv4
      ? IPAddress(ipv4: low) : IPAddress(ipv6: 0x2001_0DB8_FFFF_0000, UInt64(low))
  }

  /// The outer headers of a packet on its way out or back.
  public static func headers(
    _ protocol: IPProtocol, _ isOut: Bool, _ number: Int, _ family: Conversation.Family = .ipv4
  ) -> FrameHeaders {
    FrameHeaders(
      ip: IPHeader(
        source: end(isOut, number, family), destination: end(!isOut, number, family),
        protocol: `protocol`))
  }

  public static func ip(
    _ payload: [UInt8], _ protocol: IPProtocol, _ isOut: Bool, _ number: Int,
    _ family: Conversation.Family = .ipv4
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    payload.withRawSpan {
      headers(`protocol`, isOut, number, family).append(payload: $0, to: &bytes)
    }
    return bytes
  }

  /// Without a checksum, as tunnels have it.
  public static func udp(
    _ payload: [UInt8], from source: UInt16, to destination: UInt16, _ isOut: Bool, _ number: Int,
    _ family: Conversation.Family = .ipv4
  ) -> [UInt8] {
    let header = word(Int(source)) + word(Int(destination)) + word(payload.count + 8) + [0, 0]
    return ip(header + payload, .udp, isOut, number, family)
  }

  /// GRE with an Ethernet type, and whatever the flags announce.
  public static func gre(_ payload: [UInt8], type: [UInt8], flags: Int = 0, fields: [UInt8] = [])
    -> [UInt8]
  { word(flags) + type + fields + payload }

  public static func vxlan(_ frame: [UInt8], network: Int) -> [UInt8] {
    [8, 0, 0, 0, 0] + word(network) + [0] + frame
  }

  public static func geneve(
    _ payload: [UInt8], type: [UInt8], network: Int, options: [UInt8] = []
  ) -> [UInt8] {
    [UInt8(options.count / 4), 0] + type + [0] + word(network) + [0] + options + payload
  }

  /// The TEID is that of the receiver.
  public static func gtp(_ packet: [UInt8], _ isOut: Bool, extended: Bool = false) -> [UInt8] {
    let fields: [UInt8] = extended ? [0, 0, 0, 0x85, 1, 0, 9, 0] : []
    return [extended ? 0x34 : 0x30, 0xFF] + word(packet.count + fields.count)
      + [0, 0, 0, isOut ? 17 : 34] + fields + packet
  }

  /// ERSPAN II in GRE, without the IP header.
  public static func erspan2(_ frame: [UInt8], session: Int) -> [UInt8] {
    gre(
      [0x10, 0] + word(session) + [0, 0, 0, 0] + frame, type: [0x88, 0xBE], flags: 0x1000,
      fields: [0, 0, 0, 1])
  }

  public static func erspan3(_ frame: [UInt8], session: Int, hasSubheader: Bool) -> [UInt8] {
    let subheader = [UInt8](repeating: 1, count: hasSubheader ? 8 : 0)
    let header: [UInt8] = [0x20, 0] + word(session) + [0, 0, 0, 0, 0, 0, 0, hasSubheader ? 1 : 0]
    return gre(
      header + subheader + frame, type: [0x22, 0xEB], flags: 0x1000, fields: [0, 0, 0, 1])
  }

  public static func snap(_ packet: [UInt8]) -> [UInt8] {
    [0xAA, 0xAA, 3, 0, 0, 0] + type(of: packet) + packet
  }

  /// A data frame of IEEE 802.11.
  ///
  /// - Parameter flags: ToDS 1, FromDS 2, protected 0x40, order 0x80.
  public static func wireless(
    _ packet: [UInt8], flags: UInt8, isQoS: Bool = false, control: [UInt8] = [0, 0]
  ) -> [UInt8] {
    var bytes: [UInt8] = [isQoS ? 0x88 : 0x08, flags, 0, 0]
    bytes += [UInt8](repeating: 2, count: 18) + [0x10, 0]
    if flags & 3 == 3 { bytes += [UInt8](repeating: 3, count: 6) }
    if isQoS { bytes += control }
    if isQoS, flags & 0x80 != 0 { bytes += [1, 2, 3, 4] }
    return bytes + snap(packet)
  }

  /// Radiotap with the time and the flags, and another word of what is there.
  public static func radiotap(_ frame: [UInt8], flags: UInt8) -> [UInt8] {
    [0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, flags] + frame
  }
}
