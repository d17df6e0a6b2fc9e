import Reassembly
import Wire

extension FuzzTarget {
  /// Fragments of a few datagrams, of any place and length, held against a model that keeps each
  /// datagram as bytes that are there or not.
  static let defragmentation = FuzzTarget(
    name: "defragmentation",
    run: { input in
      var input = FuzzInput(input)
      var scene = Scene(&input)
      scene.configuration.checksums = .none
      scene.configuration.memory = 1 << 26
      scene.interest = .all
      var model = FragmentModel()
      while !input.isEmpty, scene.frames.count < 200 { add(to: &scene, &model, &input) }
      let checker = try StreamChecker.run(scene, linkType: .raw).checker
      let expected = model.payloads
      try require(
        checker.datagrams == expected,
        "\(checker.datagrams.count) datagrams came, and not as the \(expected.count) of the model")
    },
    seeds: {
      [
        Seed(name: "in-order", bytes: [0, 0, 0] + [0, 0, 1, 4] + [0, 4, 0, 4]),
        Seed(name: "reversed", bytes: [0, 0, 0] + [0, 4, 0, 4] + [0, 0, 1, 4]),
        Seed(name: "overlap", bytes: [0, 0, 0] + [0, 0, 1, 4] + [0, 2, 1, 4] + [0, 6, 0, 1]),
        Seed(name: "ipv6", bytes: [0, 0, 0] + [4, 0, 1, 4] + [4, 4, 0, 4]),
        Seed(
          name: "hole-and-beyond",
          bytes: [0, 0, 0] + [0, 0, 1, 1] + [0, 3, 1, 1] + [0, 2, 0, 1] + [0, 1, 1, 1]),
      ]
    })

  /// Four bytes: whose fragment, where, whether more follow (and odd lengths), how long, all in
  /// units of eight.
  private static func add(
    to scene: inout Scene, _ model: inout FragmentModel, _ input: inout FuzzInput
  ) {
    let (who, place, kind, length) = (input.byte(), input.byte(), input.byte(), input.byte())
    let isIPv6 = who & 4 != 0
    var ip = IPHeader(
      source: isIPv6 ? FrameSeeds.client6 : FrameSeeds.client,
      destination: isIPv6 ? FrameSeeds.server6 : FrameSeeds.server, protocol: .udp)
    ip.identification = UInt32(who & 3)
    let offset = kind & 2 == 0 ? Int(place) * 8 : 65_528 - Int(place) * 8
    ip.fragment = IPHeader.Fragment(offset: offset, moreFragments: kind & 1 != 0)
    // Only the last fragment may have another length than a multiple of eight.
    let count = Int(length & 31) * 8 + Int(kind >> 2 & 7)
    let payload = text(count, offset, UInt8(scene.frames.count & 0xFF))
    var bytes: [UInt8] = []
    FrameHeaders(ip: ip).append(payload: payload.span.bytes, to: &bytes)
    scene.add(bytes)
    // What looks like no fragment is a datagram of its own.
    if offset == 0, kind & 1 == 0 {
      model.addWhole(payload)
    } else {
      model.add(payload, at: offset, moreFollow: kind & 1 != 0, to: Int(who & 7))
    }
  }

  /// Bytes that differ by fragment, behind a UDP header with length 0: all that is there.
  private static func text(_ count: Int, _ offset: Int, _ mark: UInt8) -> [UInt8] {
    let header: [UInt8] = [0x13, 0x88, 0x13, 0x89, 0, 0, 0, 0]
    return (0..<count).map {
      offset == 0 && $0 < 8 ? header[$0] : mark &+ UInt8(truncatingIfNeeded: $0)
    }
  }
}

/// Datagrams as bytes that are there or not: what came first stays, and an overlap in IPv6 ends its
/// datagram.
private struct FragmentModel {
  private struct Datagram {
    var isDropped = false
    /// Stretches that came each behind the one before, without a hole.
    var runs: [Range<Int>] = []
    var bytes: [Int: UInt8] = [:]
    var reach = 0
    var total: Int?
  }

  private var open: [Int: Datagram] = [:]
  /// The payloads of the UDP datagrams that became whole, in order.
  private(set) var payloads: [[UInt8]] = []

  mutating func addWhole(_ payload: [UInt8]) {
    // Less than a header is malformed; nothing behind it is nothing to deliver.
    if payload.count > 8 { payloads.append(Array(payload.dropFirst(8))) }
  }

  mutating func add(_ payload: [UInt8], at offset: Int, moreFollow: Bool, to number: Int) {
    let end = offset + payload.count
    guard end <= 65_535, !payload.isEmpty, !moreFollow || payload.count % 8 == 0 else { return }
    var datagram = open[number] ?? Datagram()
    if datagram.isDropped { return }
    // What contradicts the fragments before it is left out.
    let isSensible =
      datagram.total.map { end == $0 || moreFollow && end < $0 }
      ?? (moreFollow || end >= datagram.reach)
    if number & 4 != 0 {
      let isRepeated = datagram.runs.contains { $0.contains(offset) && end <= $0.upperBound }
      let overlaps = datagram.runs.contains { $0.overlaps(offset..<end) }
      if !isSensible || overlaps && !isRepeated { datagram.isDropped = true }
      open[number] = datagram
    }
    guard isSensible, !datagram.isDropped else { return }
    if !moreFollow { datagram.total = end }
    if datagram.bytes[offset] == nil {
      let isNext = offset == datagram.reach && offset > 0
      let run = isNext ? datagram.runs.firstIndex { $0.upperBound == offset } : nil
      if let run {
        datagram.runs[run] = datagram.runs[run].lowerBound..<end
      } else {
        datagram.runs.append(offset..<end)
      }
    }
    datagram.reach = max(datagram.reach, end)
    for (index, byte) in payload.enumerated() where datagram.bytes[offset + index] == nil {
      datagram.bytes[offset + index] = byte
    }
    open[number] = datagram
    guard let total = datagram.total else { return }
    var whole: [UInt8] = []
    for index in 0..<total {
      guard let byte = datagram.bytes[index] else { return }
      whole.append(byte)
    }
    open[number] = nil
    addWhole(whole)
  }
}
