import Sockets

extension UnseenReason {
  /// What it means, in a sentence or two.
  var explanation: String {
    switch self {
    case .badChecksum: "The checksum of the packet is wrong: no host takes it."
    case .badFlags: "The flags of the segment make no sense, or it has no ACK: no host takes it."
    case .badAcknowledgment: "The segment acknowledges what was never sent: no host takes it."
    case .outdatedTimestamp: "The timestamp of the segment is too old (RFC 7323, PAWS)."
    case .outOfWindow:
      "The bytes lie beyond the window of their receiver, which did not acknowledge them."
    case .signature:
      "The segment is not signed as its connection is, or is signed though that is not."
    case .beforeStart:
      """
      The bytes stand in front of the first one of the stream, or of the first one that was captured of \
      a connection whose start was not.
      """
    case .behindFIN: "The bytes stand behind the FIN of their sender."
    case .behindEnd: "The bytes came when the connection had ended."
    case .inReset:
      "The segment is a reset: what it carries is a diagnosis and no data (RFC 9293 §3.5.3)."
    case .afterGap:
      "The capture lacked the bytes, and analyzers had been told of a gap in their place before they came."
    case .inSYN: "The bytes came with a SYN, and the answer did not acknowledge them."
    case .conflict:
      """
      The packet has other bytes than were shown to analyzers of the same place of the stream. Where it \
      brought bytes of its own besides, it is written with --on-unseen drop, too.
      """
    case .lateRepetition: "The packet repeats an ended connection that is not kept any more."
    case .midstream: "The start of the connection was not seen, and --midstream is no."
    case .undecided: "Too much waited to be written, and nothing could decide about the packet."
    case .quote: "An ICMP error quotes a packet, with text of a stream perhaps."
    case .otherProtocol: "The IP packet carries neither TCP nor UDP, but something."
    case .notIP:
      "The frame carries neither IPv4 nor IPv6, and is none that only serves the network."
    case .malformed: "The headers of the packet make no sense, or lie too deep in each other."
    case .unsupportedLinkType: "The link type of the capture is not supported."
    case .incompleteDatagram: "The packet is a fragment of a datagram of which others are missing."
    }
  }
}
