import Injection
import Support
import Testing
import Wire

@Suite("A map of sequence numbers, against one that keeps a number for each byte")
struct SequenceMapPropertyTests {
  /// Some bytes, some splices of them, and what comes of each.
  private struct Model {
    var map = SequenceMap()
    var original: [UInt8]
    var edited: [UInt8] = []
    /// For each byte of S, and its end: how many of R there are when it is next to come.
    var mapped: [Int] = []
    /// The same, of a FIN that would stand there.
    var mappedEnd: [Int] = []
    /// For each byte of R: the byte of S that it is, or `nil` for one that was put in.
    var sources: [Int?] = []
    /// For each offset of R: how far S is done.
    var acknowledged: [Int] = []
    /// Splices as they were made.
    var splices: [(place: Int, removed: Int, content: [UInt8])] = []

    init(seed: UInt64) {
      var random = SeededGenerator(seed: seed)
      original = (0..<Int.random(in: 1...120, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      var place = Bool.random(using: &random) ? 0 : Int.random(in: 0...9, using: &random)
      while place <= original.count {
        let removed = Int.random(in: 0...min(9, original.count - place), using: &random)
        let isRemoval = removed > 0 && Int.random(in: 0..<3, using: &random) == 0
        let content = (0..<(isRemoval ? 0 : Int.random(in: 1...9, using: &random))).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        splices.append((place, removed, content))
        map.append(at: Int64(place), removing: Int64(removed), inserting: content)
        let isAdjacent = removed > 0 && Int.random(in: 0..<3, using: &random) == 0
        place += removed + (isAdjacent ? 0 : Int.random(in: 1...20, using: &random))
      }
      build()
    }

    private mutating func build() {
      var next = splices[...]
      var removedUntil = 0
      acknowledged = [0]
      for offset in 0...original.count {
        mapped.append(edited.count)
        mappedEnd.append(edited.count)
        while let splice = next.first, splice.place == offset {
          next.removeFirst()
          put(splice.content, from: nil)
          removedUntil = offset + splice.removed
          // Whoever has all of that is done with what was left out for it.
          acknowledged[edited.count] = removedUntil
          if splice.removed == 0 { mappedEnd[offset] = edited.count }
        }
        if offset < original.count, offset >= removedUntil { put([original[offset]], from: offset) }
      }
    }

    private mutating func put(_ bytes: [UInt8], from source: Int?) {
      for byte in bytes {
        edited.append(byte)
        sources.append(source)
        // Inside of what is put in, nothing of S is done.
        acknowledged.append(source.map { $0 + 1 } ?? acknowledged[acknowledged.count - 1])
      }
    }

    /// The bytes that a run stands for.
    func bytes(of runs: [SequenceMap.Run]) -> [UInt8] {
      runs.flatMap { run in
        switch run {
        case .original(let range): Array(original[Int(range.lowerBound)..<Int(range.upperBound)])
        case .replaced(let bytes): bytes
        }
      }
    }
  }

  private static let seeds: ClosedRange<UInt64> = 1...300

  @Test("Every offset goes where its byte goes, and back", arguments: seeds)
  func offsets(seed: UInt64) {
    let model = Model(seed: seed)
    for offset in 0...model.original.count {
      #expect(model.map.mapped(Int64(offset)) == Int64(model.mapped[offset]), "seed \(seed)")
      #expect(model.map.mappedEnd(Int64(offset)) == Int64(model.mappedEnd[offset]), "seed \(seed)")
    }
    for offset in 0...model.edited.count {
      let acknowledged = model.map.acknowledged(Int64(offset))
      #expect(acknowledged == Int64(model.acknowledged[offset]), "seed \(seed), offset \(offset)")
    }
    #expect(model.map.delta == Int64(model.edited.count - model.original.count))
  }

  @Test("Nothing is acknowledged that is not there", arguments: seeds)
  func blocks(seed: UInt64) {
    let model = Model(seed: seed)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<60 {
      let lower = Int.random(in: 0...model.edited.count, using: &random)
      let upper = Int.random(in: lower...model.edited.count, using: &random)
      let held = Set(model.sources[lower..<upper].compactMap(\.self))
      guard let block = model.map.acknowledged(Int64(lower)..<Int64(upper)) else {
        #expect(held.isEmpty, "seed \(seed), block \(lower)..<\(upper)")
        continue
      }
      let claimed = Set(Int(block.lowerBound)..<Int(block.upperBound))
      let surviving = Set(model.sources.compactMap(\.self))
      // Of what comes through, it is what the receiver has; of what was left out it may be more.
      #expect(claimed.intersection(surviving) == held, "seed \(seed), block \(lower)..<\(upper)")
      for splice in model.splices where !splice.content.isEmpty && splice.removed > 0 {
        guard !claimed.isDisjoint(with: splice.place..<splice.place + splice.removed) else {
          continue
        }
        let start = Int(model.map.mapped(Int64(splice.place)))
        #expect(lower <= start && start + splice.content.count <= upper, "seed \(seed)")
      }
    }
  }

  @Test("Segments that are cut in any way make up the changed stream", arguments: seeds)
  func runs(seed: UInt64) {
    let model = Model(seed: seed)
    var random = SeededGenerator(seed: seed)
    let count = model.original.count
    for _ in 0..<10 {
      var offset = 0
      var stream: [UInt8] = []
      while offset < count || stream.isEmpty {
        let end = min(offset + Int.random(in: 1...40, using: &random), count)
        let range = Int64(offset)..<Int64(end)
        let runs = model.map.runs(of: range, includesEnd: end == count)
        #expect(Int64(stream.count) == model.map.mapped(range.lowerBound), "seed \(seed)")
        if !model.map.touches(range, includesEnd: end == count) {
          #expect(runs == [.original(range)], "seed \(seed)")
        }
        stream += model.bytes(of: runs)
        offset = end
        if end == count { break }
      }
      #expect(stream == model.edited, "seed \(seed)")
      // Any other stretch is a part of it.
      let start = Int.random(in: 0...count, using: &random)
      let end = Int.random(in: start...count, using: &random)
      let bytes = model.bytes(of: model.map.runs(of: Int64(start)..<Int64(end)))
      #expect(
        bytes == Array(model.edited[model.mapped[start]..<model.mapped[end]]),
        "seed \(seed), range \(start)..<\(end)")
    }
  }

  @Test("What is forgotten takes nothing of the rest with it", arguments: seeds)
  func forgetting(seed: UInt64) {
    var model = Model(seed: seed)
    var random = SeededGenerator(seed: seed)
    model.map.forget(before: Int64.random(in: 0...Int64(model.original.count), using: &random))
    let floor = max(Int(clamping: model.map.floor), 0)
    for offset in floor...model.original.count where offset > floor || model.map.floor == .min {
      #expect(model.map.mapped(Int64(offset)) == Int64(model.mapped[offset]), "seed \(seed)")
    }
    for offset in model.mapped[floor]...model.edited.count
    where offset > model.mappedEnd[floor] || model.map.floor == .min {
      let acknowledged = model.map.acknowledged(Int64(offset))
      #expect(acknowledged == Int64(model.acknowledged[offset]), "seed \(seed), offset \(offset)")
    }
    #expect(model.map.delta == Int64(model.edited.count - model.original.count))
  }

  @Test("Numbers of 32 bits wrap at any place of any splice", arguments: seeds.prefix(60))
  func wrapping(seed: UInt64) {
    let model = Model(seed: seed)
    for wrap in 0...model.original.count {
      // The byte at `wrap` has the number 0.
      let numbering = StreamNumbering(origin: SequenceNumber(0 &- UInt32(wrap)))
      #expect(numbering.number(Int64(wrap)).rawValue == 0)
      for offset in stride(from: 0, through: model.original.count, by: 3) {
        let number = numbering.number(Int64(offset))
        let heard = numbering.offset(number, near: Int64(model.original.count / 2))
        #expect(heard == Int64(offset))
        let told = numbering.number(model.map.mapped(heard))
        #expect(told == numbering.origin + model.mapped[offset], "seed \(seed), wrap \(wrap)")
      }
    }
  }

  @Test("Offsets go on where numbers have wrapped many times")
  func longStreams() {
    let numbering = StreamNumbering(origin: SequenceNumber(0xFFFF_FFF0))
    for offset: Int64 in [-1, 0, 15, 16, 1 << 32, (5 << 32) + 7, 1 << 40] {
      let number = numbering.number(offset)
      #expect(numbering.offset(number, near: offset + (1 << 30)) == offset)
      #expect(numbering.offset(number, near: offset - (1 << 30)) == offset)
    }
  }
}
