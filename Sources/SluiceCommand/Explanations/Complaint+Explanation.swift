import Checking

extension Complaint.Name {
  /// What was seen, and what follows from it.
  var explanation: String {
    switch self {
    case .sequenceGap:
      """
      Bytes of a stream are not in the capture, and the receiver acknowledged them: the capture is not \
      complete, or sequence numbers are wrong. It is reported when it is clear that they do not come.
      """
    case .sequenceBack:
      """
      A segment without text has a sequence number that its peer had gone past, and acknowledges more \
      than before: its sender was further already.
      """
    case .sequenceBeforeStart: "A segment lies in front of the SYN of its stream."
    case .conflictingCopy:
      "Bytes were sent again and are not those that were sent before (RFC 9293 section 3.8.1)."
    case .ackUnseen:
      """
      An acknowledgement of bytes, or of a FIN, that were not sent: the capture is not complete, or the \
      number is wrong. What comes within a tenth of a second behind it, and ends where it says, was \
      captured late (capture_reordered), unless with --ordered.
      """
    case .ackBeforeStart: "An acknowledgement that lies in front of the stream."
    case .sackMalformed:
      "A SACK option has a length that fits no blocks, or a block that ends before it begins (RFC 2018)."
    case .sackNotNegotiated: "A SACK option where not both SYNs had permitted it (RFC 2018)."
    case .sackBelowAck:
      """
      A SACK block begins below the acknowledgement of its segment and is no D-SACK (RFC 2018, RFC 2883).
      """
    case .sackUnseen: "A SACK block of bytes that were not sent. As ack_unseen."
    case .windowShrunk:
      """
      The right edge of a window has moved back by a unit of its scale or more (RFC 9293 section 3.8.6).
      """
    case .beyondWindow:
      """
      Text beyond the right edge of the window that the receiver had announced. A byte that asks whether a \
      closed window has opened is none.
      """
    case .badChecksum:
      """
      A TCP segment or ICMP message has a wrong checksum that offload to a network card does not explain. \
      No host takes it, and it is not looked at any further.
      """
    case .badUDPChecksum: "A UDP datagram has a wrong checksum that offload does not explain."
    case .badHeaderChecksum: "An IPv4 header has a wrong checksum. The packet is not looked into."
    case .malformed: "A TCP or UDP header contradicts itself."
    case .paws:
      """
      New text with a timestamp older than one that the receiver has taken: it drops it (RFC 7323 \
      section 5).
      """
    case .timestampMissing:
      """
      A segment without timestamps where both SYNs had them: its receiver may drop it (RFC 7323 section \
      3.2).
      """
    case .echoUnseen:
      """
      A timestamp is echoed that is newer than all that the peer has sent, or older than its SYN (RFC \
      7323 section 3.2): the capture is not complete, or the number is wrong.
      """
    case .mssExceeded:
      """
      A segment and its options are longer than the MSS that the receiver announced, and an Ethernet \
      carries it as it is (RFC 9293 section 3.7.1, RFC 6691).
      """
    case .dataAfterFIN: "Text beyond the FIN of its stream, or a FIN in front of text."
    case .finMoved: "A second FIN at another place than the first one."
    case .synInside:
      """
      A SYN with another sequence number inside of a connection that goes on, and nobody confirmed it or \
      reset the connection.
      """
    case .resetBeyond:
      """
      A reset beyond all that its sender has sent: the receiver does not take it (RFC 5961 section 3.2).
      """
    case .dataAfterReset: "Text of a sender that has reset the connection."
    case .unfilledHole:
      """
      Bytes of a stream are not in the capture, and the receiver never said that it has them: they were lost.
      """
    case .outOfOrder: "A segment has what was missing in front of others."
    case .retransmission: "Bytes or a FIN were sent again."
    case .spuriousRetransmission: "Bytes or a FIN were sent again after they had been acknowledged."
    case .notCompared:
      """
      Bytes were sent again that could not be held against the first copy: it is too long ago, --memory did \
      not allow to keep it, or the capture does not have all of it.
      """
    case .ackBack: "An acknowledgement of less than an earlier one: it was overtaken."
    case .duplicateAck:
      "An acknowledgement that says what the last one said, while more was on its way."
    case .keepAlive: "The last byte again, or none in its place, to hear whether the peer is there."
    case .zeroWindow: "The receiver takes nothing more for now."
    case .windowProbe: "A byte beyond a closed window, to ask whether it has opened."
    case .staleTimestamp:
      "A copy with a timestamp older than one that the receiver has taken: it is dropped."
    case .resetOld: "A reset below what the receiver has acknowledged: it is not taken."
    case .portReused: "A SYN begins another connection between the same ports."
    case .earlierConnection:
      """
      A host answers a SYN as it would in an earlier connection between the same ports, or that \
      connection is reset (RFC 9293 section 3.5.1).
      """
    case .captureReordered:
      "A packet stands in the capture shortly behind another one that could only be sent after it."
    case .checksumOffload:
      "A checksum that is left to the network card, or was not made again for what it put together."
    case .aggregate:
      "A segment is longer than the MSS, as a card or a kernel has put it together or is to take it apart."
    case .truncated: "The capture does not hold all bytes of the packet."
    case .connectionForgotten:
      "More connections were open than --memory allows; the one that was silent for longest was let go."
    }
  }
}
