import Analysis
import Support
import Testing

@testable import Deferral

/// A stretch held against bytes that know where they come from.
@Suite("Stretches")
struct StretchTests {
  /// Bytes of a stream, each by its offset there; -1 for one that was put in.
  private struct Model {
    var stretch: Stretch
    var bytes: [Int]
    var source: Range<Int>

    init(_ source: Range<Int>) {
      stretch = Stretch(.out, at: UInt64(source.lowerBound))
      bytes = Array(source)
      self.source = source
    }

    /// What is wrong with it.
    var fault: String? {
      if Int(stretch.source) != source.lowerBound { return "begins at \(stretch.source)" }
      if stretch.sourceCount(of: bytes.count) != source.count {
        return "stands for too much or little"
      }
      var (place, start, kept) = (source.lowerBound, 0, 0)
      for part in stretch.parts.isEmpty ? [.kept(bytes.count)] : stretch.parts {
        let end = start + part.count
        guard end <= bytes.count else { return "has too many bytes" }
        if case .kept(let count) = part {
          if Array(bytes[start..<end]) != Array(place..<place + count) {
            return "keeps what is not"
          }
          kept += count
        }
        start = end
        place += part.sourceCount
      }
      if start != bytes.count { return "has too few bytes" }
      // Nothing that was kept counts as changed.
      return kept == bytes.count { $0 >= 0 } ? nil : "changes what is kept"
    }

    mutating func edit(_ edits: [Edit]) {
      stretch = stretch.edited(edits, of: bytes.count)
      for edit in edits.reversed() {
        bytes.replaceSubrange(edit.range, with: edit.replacement.map { _ in -1 })
      }
    }

    /// The first bytes, and the others; what was removed between them is with the first.
    func split(at count: Int) -> (Model, Model) {
      var (first, second) = (self, self)
      first.stretch = stretch.prefix(count, of: bytes.count)
      second.stretch = stretch.suffix(from: count, of: bytes.count)
      first.bytes = Array(bytes[..<count])
      second.bytes = Array(bytes[count...])
      let end = source.lowerBound + first.stretch.sourceCount(of: count)
      first.source = source.lowerBound..<end
      second.source = end..<source.upperBound
      return (first, second)
    }

    mutating func append(_ other: Model) {
      stretch.append(other.stretch, bytes.count, other.bytes.count)
      bytes += other.bytes
      source = source.lowerBound..<other.source.upperBound
    }
  }

  private static func edits(_ count: Int, _ random: inout SeededGenerator) -> [Edit] {
    var edits: [Edit] = []
    var place = 0
    while Int.random(in: 0...2, using: &random) > 0, place <= count {
      let start = Int.random(in: place...count, using: &random)
      let end = Int.random(in: start...min(start + 5, count), using: &random)
      let length = Int.random(in: 0...4, using: &random)
      if end > start || length > 0 {
        edits.append(Edit(start..<end, with: [UInt8](repeating: 1, count: length)))
      }
      place = end
    }
    return edits
  }

  @Test("Edited, cut and put together they stand for what they came from")
  func random() {
    for seed in 1...UInt64(4000) {
      var random = SeededGenerator(seed: seed)
      var model = Model(100..<100 + Int.random(in: 1...30, using: &random))
      for step in 0..<8 {
        guard !model.bytes.isEmpty else { break }
        switch Int.random(in: 0...2, using: &random) {
        case 0: model.edit(Self.edits(model.bytes.count, &random))
        case 1:
          // An end that nothing is in front of is never cut off.
          let count = Int.random(in: 1...model.bytes.count, using: &random)
          var (first, second) = model.split(at: count)
          #expect(first.fault == nil, "seed \(seed), step \(step): the first bytes")
          #expect(second.fault == nil, "seed \(seed), step \(step): the others")
          #expect(second.stretch.offset == model.stretch.offset + UInt64(count))
          #expect(second.source.upperBound == model.source.upperBound)
          if Bool.random(using: &random), !second.bytes.isEmpty {
            second.edit(Self.edits(second.bytes.count, &random))
          }
          first.append(second)
          model = first
        default:
          let start = model.source.upperBound
          var next = Model(start..<start + Int.random(in: 1...9, using: &random))
          if Bool.random(using: &random) { next.edit(Self.edits(next.bytes.count, &random)) }
          model.append(next)
        }
        #expect(model.fault == nil, "seed \(seed), step \(step)")
      }
    }
  }

  @Test("What was removed goes with what is in front of it")
  func removal() {
    var model = Model(0..<10)
    model.edit([Edit(4..<6, with: [])])
    let (first, second) = model.split(at: 4)
    #expect(first.source == 0..<6 && second.source == 6..<10)
    #expect(first.stretch.parts == [.kept(4), .replaced(removed: 2, count: 0)])
    #expect(second.stretch.parts == [.kept(4)])
  }

  @Test("What was removed further on does not go with a part of what is in front of it")
  func laterRemoval() {
    var model = Model(0..<10)
    model.edit([Edit(8..<10, with: [])])
    let (first, second) = model.split(at: 3)
    #expect(first.stretch.parts == [.kept(3)])
    #expect(second.stretch.parts == [.kept(5), .replaced(removed: 2, count: 0)])
  }

  @Test("An edit of what was put in removes nothing of the stream")
  func editOfEdit() {
    var model = Model(0..<10)
    model.edit([Edit(5..<5, with: [1, 2, 3, 4])])
    model.edit([Edit(6..<8, with: [1])])
    #expect(model.stretch.parts == [.kept(5), .replaced(removed: 0, count: 3), .kept(5)])
  }
}
