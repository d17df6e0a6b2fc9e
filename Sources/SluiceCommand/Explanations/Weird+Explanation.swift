import Reassembly

extension Weird {
  /// What was seen, and what was done about it.
  var explanation: String {
    switch self {
    case .badHeaderChecksum:
      "An IPv4 header has a wrong checksum. The packet is not used, unless with -k none."
    case .badChecksum:
      """
      A TCP segment, UDP datagram or ICMP message has a wrong checksum that offload to a network card \
      does not explain. A host would not have taken it, so its bytes are no stream data. -k none uses it.
      """
    case .zeroLength:
      """
      An IP header says that its packet has the length 0, as segmentation offload leaves it. All that was \
      captured is taken for the packet where that is plausible: above 576 bytes, or with -k none. With \
      -k all, and below, the packet is malformed and not used.
      """
    case .jumbogram:
      "An IPv6 packet whose length stands in a Jumbo Payload option (RFC 2675), as in BIG TCP. It is used."
    case .unsupportedJumbo:
      "An IPv6 packet whose Jumbo Payload option (RFC 2675) does not fit it. It is not used."
    case .malformedTCP:
      "A TCP header contradicts itself: its data offset is below 20 or beyond the packet. Not used."
    case .malformedUDP: "A UDP header contradicts itself: its length is below 8. Not used."
    case .fragmentOverlap:
      """
      Two fragments of an IP datagram overlap. The same fragment twice is no overlap: networks do that.
      """
    case .fragmentOverlapConflict:
      "Fragments overlap and their bytes differ; --frag-policy says which ones are kept."
    case .fragmentedDatagramDropped:
      "Fragments overlap or contradict each other, and the policy is drop-on-overlap (RFC 5722)."
    case .fragmentOfDropped:
      "A fragment of a datagram that was dropped before. Not used."
    case .fragmentTiny:
      "The header of a TCP segment is not all in the first fragment (RFC 1858)."
    case .fragmentTooLarge: "A fragment ends beyond 65,535 bytes. Not used (ping of death)."
    case .fragmentBadLength:
      """
      A fragment is empty, or not the last one and of a length that is no multiple of 8; or fragments \
      disagree about where their datagram ends (teardrop). It is not used.
      """
    case .fragmentNested:
      "A fragment of an IPv6 packet has a second Fragment header. The packet is not used."
    case .fragmentTimeout: "A datagram never became whole: some of its fragments are missing."
    case .fragmentBudgetReached:
      "Fragments took more memory than they may (a sixteenth of --memory); the oldest were given up."
    case .reassemblyBudgetReached:
      """
      More waited behind holes of streams than may (a quarter of --memory, a mebibyte of one stream). \
      The first hole of the stream was given up as a gap.
      """
    case .spoolBudgetReached:
      """
      More packets waited to be written than may (an eighth of --memory), behind one whose bytes stand \
      beyond a hole. The hole was given up as a gap, so that the packet could be decided about.
      """
    case .flowBudgetReached:
      """
      There were more sockets than there may be (about half of --memory, with what analyzers keep of \
      them). One had to go: half open or ended, else one that was idle.
      """
    case .departureBudgetReached:
      """
      More connections that were dropped have gone than are kept in mind one by one (a thirty-second of \
      --memory). A packet that begins no connection was left out, as it belongs to one of the others, or \
      to one whose addresses and ports look the same.
      """
    case .icmpError:
      """
      An ICMP message says that a packet of this socket did not arrive: direction and offset are those of \
      the packet, value is the type of the message times 256, and its code. The socket stays as it is.
      """
    case .pathMTU:
      """
      An ICMP message says that a packet of this socket was too big for a link: direction and offset are \
      those of the packet, value is the size that the link takes (MTU).
      """
    case .tunnelLimitReached:
      """
      More layers of tunnels stand in each other than are looked into. A datagram with a tunnel in it \
      stays a datagram; another packet is not used.
      """
    case .detailBudgetReached:
      """
      More sockets had something unusual (a tunnel, an oddity) than that can be kept of (a sixteenth of \
      --memory). Of some the outer addresses or the counts are missing in records.
      """
    case .overlapConflict:
      """
      Two segments have different bytes for the same place of a stream, and neither had been delivered. \
      The policy of the receiver (--tcp-policy) decides which stay: what another host would have made of \
      it nobody can know. A sign of evasion, or of somebody who injects.
      """
    case .dataAfterFIN: "Text beyond the FIN of its sender. It is no stream data."
    case .dataAfterEnd: "Text after the connection had ended. It is counted, and no stream data."
    case .resetOutOfWindow:
      "A reset with a number that its receiver does not take (RFC 5961). The connection goes on."
    case .synInEstablished:
      "A SYN, or its answer, with a number that does not fit the connection. Not used."
    case .truncatedSegment:
      "The capture holds only a part of a segment (snap length); the rest of it is a gap."
    case .midstreamIgnored:
      "A packet of a connection whose start was not seen, and --midstream no."
    case .badFlags:
      """
      Flags that make no sense together: SYN with FIN or RST, or a FIN without ACK. A host drops \
      it; so its text is no stream data.
      """
    case .dataWithoutACK:
      "Text without the ACK flag. A host drops it (RFC 9293 §3.10.7.4); it is no stream data."
    case .badACK:
      """
      An acknowledgement of what was never sent, or one that is too old (RFC 5961 §5). A host \
      drops the segment; its text counts only if the receiver acknowledges it after all.
      """
    case .pawsReject:
      """
      A timestamp older than the last one (PAWS, RFC 7323 §5). A host drops the segment; its text \
      counts only if the receiver acknowledges it after all.
      """
    case .outOfWindow:
      """
      Text beyond the window of its receiver. What lies in the window is taken; the rest counts \
      only if the receiver acknowledges it after all.
      """
    case .authOptionUnexpected:
      """
      A segment with a signature (TCP-MD5 or TCP-AO) on a connection that began without. Linux \
      drops it, others take it; its text counts only if the receiver acknowledges it.
      """
    case .authOptionMissing:
      """
      A segment without a signature on a connection that is signed (TCP-MD5 or TCP-AO). A host \
      drops it; its text counts only if the receiver acknowledges it.
      """
    case .authFlow:
      """
      The connection is signed (value: option 19 is TCP-MD5, 29 is TCP-AO): it can be watched and \
      not changed.
      """
    case .doubtsBudgetReached:
      """
      Text that its receiver should not take was waiting for an acknowledgement, and there was no \
      room to keep it. It is no stream data.
      """
    case .lateConflict:
      "A repetition of acknowledged bytes with other bytes. The stream stays as it was."
    case .ttlAnomaly:
      """
      A copy with other bytes came with another time to live than the first one (value): a sign of \
      a packet that was to be seen and not to arrive.
      """
    case .duplicateCapture:
      """
      The same packet twice (same IP identification and checksum): the capture shows it at two \
      places. It is no retransmission.
      """
    case .overlapStorm: "Hundreds of segments of one connection overlap others: a sign of evasion."
    case .resetUnverifiable:
      """
      A reset with a signature (TCP-MD5 or TCP-AO) on a connection that began without. It counts \
      until its sender goes on.
      """
    case .resetIgnored:
      """
      A reset of a handshake that does not acknowledge the SYN: a host ignores it (RFC 9293 \
      §3.10.7.3). The handshake goes on.
      """
    case .resetInjectionSuspected:
      """
      After a reset its sender went on as if there had been none: the reset was forged, or did not \
      arrive. The connection is open again.
      """
    case .strayReset: "A reset of a connection of which nothing was seen."
    case .resetChallenged:
      """
      A reset in the window of its receiver, but not with the number that it waits for: a host asks its \
      sender back (RFC 5961 §3). The connection goes on.
      """
    case .resetStorm: "More than a thousand resets of one connection within a second."
    case .multipleSYN:
      """
      Before the answer came a second SYN with another number. The one that the SYN/ACK \
      acknowledges counts.
      """
    case .multipleSYNACK:
      "A second SYN/ACK with another number. The one that the originator acknowledges counts."
    case .roleAmbiguous:
      """
      Who sent a SYN/ACK sends SYNs, or the other way round. The originator is whose SYN is \
      answered.
      """
    case .synData:
      """
      A SYN with text and without Fast Open (RFC 7413). Its bytes count as far as the SYN/ACK \
      acknowledges them.
      """
    case .finWithoutSession: "The first packet of a connection that was seen has a FIN."
    case .finOutOfWindow:
      "A FIN that its receiver does not take, as it lies beyond the window. The stream stays open."
    case .finMoved: "A second FIN at another place. The first one counts."
    case .zeroWindowProbe:
      """
      A byte sent into a closed window, to learn whether it is still closed. It counts when it is \
      acknowledged.
      """
    case .keepalive:
      """
      A segment that repeats the last byte, or stands in its place, to ask whether the other end \
      is still there (RFC 9293 §3.8.4). Its byte is no data.
      """
    case .windowShrunk: "A receiver took back a part of the window that it had announced."
    case .windowScaleBad: "A window scale above 14, which counts as 14 (RFC 7323 §2.3)."
    case .optionMisplaced:
      "SACK blocks on a connection that did not agree on SACK. They are ignored."
    case .badOption: "A TCP option with an impossible length; what follows it is not read."
    case .segmentSizeExceeded:
      "A segment larger than its receiver announced to take (MSS). It is used."
    case .multipathJoin:
      """
      The connection is a further path of a Multipath TCP connection (RFC 8684); value is the \
      token of that connection.
      """
    case .reservedBits: "Reserved bits of the TCP header are set. They are ignored."
    case .urgent:
      """
      Urgent data: offset is the place of the urgent byte, value the byte. --urgent says whether \
      it stays in the stream.
      """
    case .urgentPending:
      "An urgent pointer beyond its segment: offset is the place of the byte that it speaks of."
    case .acknowledgmentsNotCaptured:
      """
      A sender goes on in order past the window of a receiver of which nothing was captured since. \
      The capture lacks acknowledgements, and the text is stream data.
      """
    case .lossBeyondWindow:
      """
      Both ends went on at numbers beyond the window: the capture lacks more than a window. \
      What is missing is a gap, of as many bytes as length at most.
      """
    case .resumedAfterTimeout:
      "A connection that was given up as idle goes on; value is the flow_id that it had before."
    case .lateRepetition:
      """
      A connection had ended long before when a FIN, a reset or data of it came once more. The packet \
      belongs to it and begins no new one.
      """
    }
  }
}
