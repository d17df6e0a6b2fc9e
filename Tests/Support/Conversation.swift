import Wire

/// Both ends of a TCP connection, or of an exchange of datagrams, that write a capture of what they
/// say, line by line like a ladder diagram:
///
///     let talk = Conversation()
///     talk.opens()
///     talk.originator.sends("hello")
///     talk.responder.acknowledges()
///     talk.closes()
///
/// The ends are honest unless they are told otherwise: they acknowledge what the capture holds of
/// the other one without a hole.
public final class Conversation {
  public enum Family: CaseIterable, Sendable { case ipv4, ipv6 }

  public private(set) var frames: [CapturedFrame] = []
  public let family: Family
  public let vlans: [UInt16]
  public private(set) var originator: End!
  public private(set) var responder: End!
  /// Packet time; each packet moves it on.
  public var now: Timestamp
  /// Nanoseconds from one packet to the next.
  public var pace: Int64 = 1_000_000

  /// - Parameters:
  ///   - client: tells conversations apart: a part of the originator's address and port.
  ///   - initialSequences: of the originator and of the responder.
  public init(
    _ family: Family = .ipv4, client: Int = 1, vlans: [UInt16] = [],
    initialSequences: (UInt32, UInt32) = (1000, 5000), start seconds: Int64 = 1_700_000_000
  ) {
    self.family = family
    self.vlans = vlans
    now = Timestamp(seconds: seconds)
    originator = End(
      self, Self.address(family, client), port: UInt16(40_000 + client % 20_000),
      initialSequences.0)
    responder = End(self, Self.address(family, 200 + client * 256), port: 80, initialSequences.1)
    originator.peer = responder
    responder.peer = originator
  }

  private static func address(_ family: Family, _ host: Int) -> IPAddress {
    family == .ipv4
      ? IPAddress(ipv4: 0x0A00_0000 | UInt32(truncatingIfNeeded: host))
      : IPAddress(ipv6: 0x2001_0DB8_0000_0000, UInt64(host))
  }

  /// The three segments of the handshake.
  public func opens() {
    originator.opens()
    responder.answers()
    originator.acknowledges()
  }

  /// The originator closes, the responder follows, the originator acknowledges.
  public func closes() {
    originator.finishes()
    responder.finishes()
    originator.acknowledges()
  }

  /// Lets both ends announce windows in units of 2 to the power of `scale`.
  public func scalesWindows(by scale: UInt8 = 8) {
    originator.windowScale = scale
    responder.windowScale = scale
  }

  public func waits(seconds: Int64) { now = now.advanced(by: seconds * 1_000_000_000) }

  /// Adds a frame at the time that it is now.
  public func append(_ bytes: [UInt8]) {
    frames.append(CapturedFrame(bytes, at: now))
    now = now.advanced(by: pace)
  }

  /// Cuts the last frame as a snap length would, by this many bytes.
  public func cutLast(by count: Int) {
    frames[frames.count - 1].cut(to: frames[frames.count - 1].bytes.count - count)
  }

  /// Changes the last frame.
  public func changeLast(_ change: (inout CapturedFrame) -> Void) {
    change(&frames[frames.count - 1])
  }

  /// Exchanges the last two frames but not their times: the last one overtook the other.
  public func swapsLastTwo() {
    let last = frames.count - 1
    frames.swapAt(last, last - 1)
    let time = frames[last].timestamp
    frames[last].timestamp = frames[last - 1].timestamp
    frames[last - 1].timestamp = time
  }

  /// Where the IP header begins in each frame.
  public var networkOffset: Int { 14 + 4 * vlans.count }
  /// Where the transport header begins in each frame that is no fragment.
  public var transportOffset: Int { networkOffset + (family == .ipv4 ? 20 : 40) }
}

extension Conversation {
  /// The headers of a packet from one end to the other.
  public func headers(from end: End) -> FrameHeaders {
    let ethernet = EthernetHeader(
      destination: MACAddress(0x0200_0000_0002), source: MACAddress(0x0200_0000_0001),
      outerTag: vlans.first.map { VLANTag($0) },
      innerTag: vlans.count > 1 ? VLANTag(vlans[1]) : nil)
    return FrameHeaders(
      ethernet: ethernet, ip: IPHeader(source: end.address, destination: end.peer.address))
  }

  /// The bytes of a TCP segment or UDP datagram without the headers below it, to be fragmented.
  public func takesOffLast() -> [UInt8] {
    let frame = frames.removeLast()
    return Array(frame.bytes.dropFirst(transportOffset))
  }

  /// Sends a part of an IP payload as a fragment.
  public func sendsFragment(
    _ payload: some Sequence<UInt8>, from end: End, at offset: Int, more: Bool,
    identification: UInt32 = 1, protocol: IPProtocol = .tcp
  ) {
    var headers = headers(from: end)
    headers.ip.protocol = `protocol`
    headers.ip.identification = identification
    headers.ip.fragment = IPHeader.Fragment(offset: offset, moreFragments: more)
    var bytes: [UInt8] = []
    Array(payload).withRawSpan { headers.append(payload: $0, to: &bytes) }
    append(bytes)
  }
}

extension [UInt8] {
  /// Lends the bytes as a span.
  public func withRawSpan(_ body: (RawSpan) -> Void) {
    body(span.bytes)
  }
}
