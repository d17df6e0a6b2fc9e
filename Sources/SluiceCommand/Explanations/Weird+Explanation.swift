import Reassembly

extension Weird {
  /// What was seen, and what was done about it.
  var explanation: String {
    switch self {
    case .badHeaderChecksum:
      "An IPv4 header has a wrong checksum. The packet is not used, unless with -k none."
    case .badTCPChecksum:
      """
      A TCP segment has a wrong checksum that offload to a network card does not explain. A host would \
      not have taken it, so its bytes are no stream data. -k none uses it.
      """
    case .badUDPChecksum: "As tcp_bad_checksum, of a UDP datagram."
    case .malformedTCP:
      "A TCP header contradicts itself: its data offset is below 20 or beyond the packet. Not used."
    case .malformedUDP: "A UDP header contradicts itself: its length is below 8. Not used."
    case .fragmentOverlap: "Two fragments of an IP datagram overlap."
    case .fragmentOverlapConflict:
      "Fragments overlap and their bytes differ; --frag-policy says which ones are kept."
    case .fragmentedDatagramDropped:
      "Fragments overlap or contradict each other, and the policy is drop-on-overlap (RFC 5722)."
    case .fragmentOfDropped:
      "A fragment of a datagram that was dropped before. Not used."
    case .fragmentEndConflict:
      "Fragments disagree about where their datagram ends (teardrop). The later one is not used."
    case .fragmentTiny:
      "The header of a TCP segment is not all in the first fragment (RFC 1858)."
    case .fragmentTooLarge: "A fragment ends beyond 65,535 bytes. Not used (ping of death)."
    case .fragmentBadLength:
      "A fragment is empty, or not the last one and of a length that is no multiple of 8."
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
      "There were more sockets than there may be (two fifths of --memory); one that was idle had to go."
    case .tunnelLimitReached:
      "More layers of tunnels stand in each other than are looked into. The packet is not used."
    case .tunnelBudgetReached:
      "More sockets lie in tunnels than their outer addresses can be kept of; some records lack them."
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
    case .synInsideConnection:
      "A SYN, or its answer, with a number that does not fit the connection. Not used."
    case .truncatedSegment:
      "The capture holds only a part of a segment (snap length); the rest of it is a gap."
    case .midstreamIgnored:
      "A packet of a connection whose start was not seen, and --midstream no."
    }
  }
}
