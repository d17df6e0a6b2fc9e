import Buffers
import Sockets
public import Wire

/// The part of the reassembly that sees every packet: takes the layers off, puts fragments together,
/// moves packet time on, and says which worker a packet is for.
///
/// Not for several threads, but it may work ahead of the reassemblers on a thread of its own. What a
/// batch needs of it lies in the batch.
public final class Decapsulator {
  private let dissector: Dissector
  private let division: ShardDivision
  /// One element, in place, so that lending it costs no dynamic exclusivity check.
  private let defragmenters: ReservedArray<Defragmenter>
  private var clock = PacketClock()
  private let framesStay: Bool

  /// - Parameter division: who shares the packets.
  public init(
    _ configuration: ReassemblyConfiguration, _ division: ShardDivision = ShardDivision(workers: 1)
  ) {
    self.division = division
    framesStay = configuration.framesStay
    dissector = Dissector(configuration)
    var defragmenters = ReservedArray<Defragmenter>(capacity: 1)
    defragmenters.append(
      Defragmenter(
        budget: configuration.fragmentBytes, policies: configuration.fragmentPolicy,
        looks: configuration.lateLooks))
    self.defragmenters = defragmenters
  }

  /// Bytes of fragments that wait for others, overhead included.
  public var heldBytes: Int { defragmenters[0].heldBytes }

  /// Looks into all frames of a batch, which is then ready for the reassemblers.
  public func prepare(_ batch: inout PacketBatch) {
    precondition(batch.division == division)
    batch.reset()
    let isShared = division.workers > 1
    for index in 0..<batch.frames.count {
      let frame = batch.frames.reference(to: index)
      let dissection = batch.dissections.reference(to: index)
      dissection.element.frameLength = frame.element.originalLength
      dissector.dissect(
        frame.element.bytes, linkType: frame.element.linkType, &dissection.element)
      if clock.isDue(frame.element.timestamp),
        let second = clock.advance(to: frame.element.timestamp)
      {
        batch.ticks.append(PacketBatch.Tick(index: index, second: second))
        expire(at: second, index, &batch)
      }
      if !dissection.element.isOrdinary { noteRarities(of: dissection, index, &batch) }
      if dissection.element.kind.rawValue > Dissection.Kind.udp.rawValue {
        prepareOther(index, dissection, &batch)
      } else if isShared {
        batch.assign(index, toShard: dissection.element.shard)
      }
    }
    if let last = batch.lastPacket { batch.time = clock.believed(last.timestamp) }
    batch.lostDatagrams = defragmenters.reference(to: 0).element.takeLost()
  }

  /// Packet time has come to another second.
  private func expire(at second: Int64, _ index: Int, _ batch: inout PacketBatch) {
    let defragmenter = defragmenters.reference(to: 0)
    defragmenter.element.expire(at: second)
    for weird in defragmenter.element.weirds { batch.note(weird, index, nil) }
    defragmenter.element.forgetWeirds()
  }

  @inline(never)
  private func noteRarities(
    of dissection: DissectionReference, _ index: Int, _ batch: inout PacketBatch
  ) {
    if dissection.element.missing > 0 { batch.findings.counts.truncatedPackets += 1 }
    if dissection.element.hasZeroLength { batch.note(.zeroLength, index, batch.headerEnds(index)) }
    if dissection.element.isJumbogram { batch.note(.jumbogram, index, batch.headerEnds(index)) }
    if dissection.element.isAtLayerLimit {
      batch.note(.tunnelLimitReached, index, batch.headerEnds(index))
    }
  }

  @inline(never)
  private func prepareOther(
    _ index: Int, _ dissection: DissectionReference, _ batch: inout PacketBatch
  ) {
    // Of what fragments were put together to, no header can be read again in the frame.
    let isInFrame = dissection.element.kind != .fragment
    switch dissection.element.kind {
    case .fragment: defragment(index, dissection, &batch)
    case .innerTCP, .innerUDP:
      let bytes = batch.frames[index].bytes
      if let tunnel = dissection.element.tunnel(in: bytes) { batch.add(tunnel, of: dissection) }
    default: break
    }
    switch dissection.element.kind {
    case .tcp, .udp: break
    case .wholeTCP, .wholeUDP, .innerTCP, .innerUDP:
      if division.workers > 1 { batch.assign(index, toShard: dissection.element.shard) }
    case .icmpError, .pathMTU:
      batch.findings.counts.otherProtocols += 1
      if division.workers > 1 { batch.assign(index, toShard: dissection.element.shard) }
    case .fragment: break
    case .otherProtocol: batch.findings.counts.otherProtocols += 1
    case .notIP: batch.findings.counts.otherPackets += 1
    case .malformed: batch.findings.counts.malformedPackets += 1
    case .malformedTCP, .malformedUDP:
      let isTCP = dissection.element.kind == .malformedTCP
      batch.findings.counts.malformedPackets += 1
      batch.note(isTCP ? .malformedTCP : .malformedUDP, index, dissection.element.keyEnds)
    case .unsupportedLinkType:
      batch.findings.unsupportedLinkTypes[batch.frames[index].linkType, default: 0] += 1
    case .badHeaderChecksum:
      batch.findings.counts.badChecksums += 1
      batch.note(.badHeaderChecksum, index, isInFrame ? batch.headerEnds(index) : nil)
    case .badICMPChecksum:
      batch.findings.counts.badChecksums += 1
      batch.note(.badChecksum, index, isInFrame ? batch.headerEnds(index) : nil)
    case .zeroLength, .nestedFragment:
      let name: Weird = dissection.element.kind == .zeroLength ? .zeroLength : .fragmentNested
      batch.findings.counts.malformedPackets += 1
      batch.note(name, index, isInFrame ? batch.headerEnds(index) : nil)
    case .jumbogram:
      batch.findings.counts.otherPackets += 1
      batch.note(.unsupportedJumbo, index, isInFrame ? batch.headerEnds(index) : nil)
    case .tooDeep:
      batch.findings.counts.otherPackets += 1
      // Layers without IP may be all that there is.
      let hasHeader = isInFrame && dissection.element.nesting.depth > 0
      batch.note(.tunnelLimitReached, index, hasHeader ? batch.headerEnds(index) : nil)
    }
  }

  /// When a fragment completes its datagram, that takes the place of the fragment.
  private func defragment(
    _ index: Int, _ dissection: DissectionReference, _ batch: inout PacketBatch
  ) {
    batch.findings.counts.fragments += 1
    // A part of a fragment makes nothing whole, and where it ended is not known.
    if dissection.element.missing > 0 { return }
    let frame = batch.frames[index]
    let part = dissection.element
    let tunnel = part.nesting.depth > 0 ? part.tunnel(in: frame.bytes) : nil
    defragment(
      frame.bytes, part, in: tunnel, index, frameLength: frame.originalLength, at: frame.timestamp,
      dissection, &batch)
  }

  /// - Parameter bytes: the frame, or a datagram that was a fragment of another one in a tunnel. That
  ///   ends with the layers that the dissector enters.
  ///   - isNested: whether it is that.
  private func defragment(
    _ bytes: RawSpan, _ part: borrowing Dissection, in tunnel: Tunnel?, _ index: Int,
    frameLength: Int, at time: Timestamp, isNested: Bool = false,
    _ dissection: DissectionReference, _ batch: inout PacketBatch
  ) {
    guard var fragment = Fragment(bytes, part) else {
      dissection.element.kind = .malformed
      return
    }
    fragment.payloadStays = framesStay && !isNested
    let defragmenter = defragmenters.reference(to: 0)
    let outcome = defragmenter.element.add(
      fragment, frameLength: frameLength, at: time, clock: clock.second)
    if !defragmenter.element.weirds.isEmpty {
      let ends = PacketEnds(source: fragment.key.source, destination: fragment.key.destination)
      for weird in defragmenter.element.weirds {
        batch.note(weird, index, weird.isOfOtherFragments ? nil : ends)
      }
      defragmenter.element.forgetWeirds()
    }
    if !isNested { batch.note(outcome, index) }
    guard case .complete(let datagram) = outcome else { return }
    let payload = unsafe datagram.payload.span.bytes
    var whole = Dissection()
    whole.frameLength = datagram.frameLength
    whole.end = payload.byteCount
    whole.networkOffset = Int(Dissection.noHeader)
    whole.ipLength = payload.byteCount
    whole.isIPv6 = part.isIPv6
    whole.copyLayers(of: part)
    dissector.dissectTransport(
      payload, source: datagram.key.source, destination: datagram.key.destination,
      datagram.protocol, &whole)
    var outer = tunnel
    if whole.nesting.depth > part.nesting.depth {
      outer = whole.tunnel(in: payload, around: datagram)
    }
    if whole.kind == .fragment {
      dissection.element.kind = .fragment
      guard whole.missing == 0 else { return }
      defragment(
        payload, whole, in: outer, index, frameLength: datagram.frameLength, at: time,
        isNested: true, dissection, &batch)
      return
    }
    whole.makeWhole(datagram: batch.datagrams.count)
    dissection.element = whole
    batch.datagrams.append(datagram.payload)
    if !whole.isOrdinary { noteRarities(of: dissection, index, &batch) }
    if whole.kind.isWhole, let outer { batch.add(outer, of: dissection) }
  }

  /// The end of the input: how many datagrams never became whole.
  public func finish() -> DecapsulationFindings {
    var findings = DecapsulationFindings()
    let count = defragmenters.reference(to: 0).element.finish()
    findings.weirds.add(.fragmentTimeout, times: UInt64(count))
    return findings
  }
}

/// What was found that belongs to no socket.
public struct DecapsulationFindings: Sendable {
  public var counts = ReassemblyCounts()
  public var weirds = WeirdTotals()
  /// Packets of link types that cannot be decoded.
  public var unsupportedLinkTypes: [LinkType: UInt64] = [:]

  public init() {}

  public static func += (left: inout Self, right: borrowing Self) {
    left.counts += right.counts
    left.weirds += right.weirds
    if !right.unsupportedLinkTypes.isEmpty {
      left.unsupportedLinkTypes.merge(right.unsupportedLinkTypes, uniquingKeysWith: +)
    }
  }
}

extension PacketBatch {
  /// What a fragment came to.
  fileprivate mutating func note(_ outcome: Defragmenter.Outcome, _ index: Int) {
    switch outcome {
    case .unused: break
    case .waiting(let number):
      fragments.append(FragmentMark(index: index, datagram: number, isLast: false))
    case .complete(let datagram):
      fragments.append(FragmentMark(index: index, datagram: datagram.number, isLast: true))
    }
  }

  /// An oddity of a packet.
  fileprivate mutating func note(_ name: Weird, _ index: Int, _ ends: PacketEnds?) {
    findings.weirds.add(name)
    let frame = frames.reference(to: index)
    strays.note(
      name, of: PacketInfo(ordinal: frame.element.ordinal, timestamp: frame.element.timestamp),
      ends)
  }

  /// Who sent a packet to whom, by the IP header that was found last.
  fileprivate func headerEnds(_ index: Int) -> PacketEnds? {
    PacketEnds(
      headerAt: dissections.reference(to: index).element.networkOffset, in: frames[index].bytes)
  }
}

extension Weird {
  /// Whether it is, or may be, one of fragments that came earlier.
  fileprivate var isOfOtherFragments: Bool {
    self == .fragmentTimeout || self == .fragmentBudgetReached
  }
}
