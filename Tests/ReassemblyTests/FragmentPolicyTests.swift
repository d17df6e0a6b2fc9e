import Foundation
import Reassembly
import Support
import Testing

@Suite("Policies for IP fragments that overlap")
struct FragmentPolicyTests {
  /// Where a new fragment lies beside an old one, in the order of the columns below.
  private static let relations = [
    "2+5n", "2+6n", "2+8n",  // starts before it; ends in it, where it does, and behind it
    "4+3n", "4+4n", "4+6n",  // starts where it does
    "6+1n", "6+2n", "6+4n",  // starts in it
  ]

  /// Who keeps the units that both have, old or new (Shankar and Paxson 2003, Novak 2005).
  private static let table: [FragmentPolicy: String] = [
    .first: "ooo ooo ooo",
    .last: "nnn nnn nnn",
    .bsd: "nnn ooo ooo",
    .bsdRight: "onn onn oon",
    .linux: "nnn nnn ooo",
    .windows: "oon ooo ooo",
    .solaris: "onn ooo ooo",
  ]

  @Test("The table of relations between two fragments", arguments: Array(table.keys))
  func pairs(policy: FragmentPolicy) {
    let winners = Self.table[policy]!.filter { $0 != " " }
    for (relation, winner) in zip(Self.relations, winners) {
      let new = FragmentVector(relation).parts[0]
      let old = FragmentVector.Part(4, 4, "o")
      // What is missing comes behind them.
      var vector = FragmentVector("4+4o \(relation)")
      var expected = ""
      for unit in 0..<12 {
        let (isOld, isNew) = (old.range.contains(unit), new.range.contains(unit))
        if !isOld && !isNew { vector.parts.append(.init(unit, 1, "_", more: unit < 11)) }
        expected.append(isOld && isNew ? winner : isOld ? "o" : isNew ? "n" : "_")
      }
      #expect(vector.result(policy) == expected, "\(policy) \(relation)")
    }
  }

  @Test(
    "Several that overlap",
    arguments: [
      // The probes of Shankar and Paxson, and the longer ones of Novak.
      (.first, "0+31 4+22 6+33 1+44 6+35 9+36.", "111422333666"),
      (.bsd, "0+31 4+22 6+33 1+44 6+35 9+36.", "111442333666"),
      (.bsdRight, "0+31 4+22 6+33 1+44 6+35 9+36.", "144422555666"),
      (.linux, "0+31 4+22 6+33 1+44 6+35 9+36.", "111442555666"),
      (.last, "0+31 4+22 6+33 1+44 6+35 9+36.", "144442555666"),
      // What was left of an old one is compared, and not what it was.
      (.linux, "4+5a 3+1b 0+5c 9+1_.", "cccccaaaa_"),
      (.bsd, "7+2b 9+3a 8+2c 0+7_ 12+1_.", "_______bbcaa_"),
      // A fragment that another one cut in two.
      (.last, "0+6a 2+1b 4+1c 6+1_.", "aabaca_"),
      (.last, "0+9a 0+9b 1+7c 2+5d 9+1_.", "bcdddddcb_"),
      (.windows, "1+1a 3+1b 0+5c 5+1_.", "ccccc_"),
      (.solaris, "1+1a 2+2b 0+3c 4+1_.", "ccbb_"),
    ] as [(FragmentPolicy, String, String)])
  func several(policy: FragmentPolicy, parts: String, units: String) {
    #expect(FragmentVector(parts).result(policy) == units)
  }

  @Test(
    "With drop-on-overlap an overlap costs the datagram, and a repetition does not",
    arguments: Conversation.Family.allCases,
    [
      ("0+2a 2+1b.", "aab"), ("2+1b. 0+2a", "aab"),
      ("0+2a 0+2a 2+2b.", "aabb"), ("2+2b 2+2b 4+1c. 0+2a", "aabbc"),
      // Repeated within a fragment, or within a run of them; the bytes do not matter.
      ("0+4a 1+2z 4+2b.", "aaaabb"), ("0+2a 2+2b 1+2z 4+1c.", "aabbc"),
      // Two that touch are no run when they came in another order.
      ("2+2b 0+2a 1+2z 4+1c.", nil),
      ("0+2a 1+2z 3+1b.", nil), ("2+2a 1+3z 0+1b 4+1c.", nil),
      // Ends that contradict each other.
      ("2+2b. 4+1c 0+2a", nil), ("2+2b 1+1c. 0+2a", nil),
      // Nothing that comes later makes it whole.
      ("0+2a 1+2z 0+2a 2+1b.", nil),
    ] as [(String, String?)])
  func drops(family: Conversation.Family, row: (parts: String, units: String?)) {
    var vector = FragmentVector(row.parts)
    vector.family = family
    #expect(vector.result(.dropOnOverlap) == row.units)
  }

  @Test("What overlaps is counted, what differs as well, and what was dropped")
  func weirds() {
    #expect(FragmentVector("0+2a 1+2a 3+1b.").run(.first).weirds == [.fragmentOverlap: 1])
    let both: [Weird: Int] = [.fragmentOverlap: 1, .fragmentOverlapConflict: 1]
    for policy in FragmentPolicy.allCases where policy != .dropOnOverlap {
      #expect(FragmentVector("0+2a 1+2z 3+1b.").run(policy).weirds == both)
    }
    // Different bytes within a run of equal ones are seen too.
    #expect(FragmentVector("0+4a 1+2z 4+1b.").run(.dropOnOverlap).weirds == both)
    let dropped: [Weird: Int] = [.fragmentedDatagramDropped: 1, .fragmentOfDropped: 2]
    #expect(
      FragmentVector("0+2a 1+2z 3+1b. 0+2a").run(.dropOnOverlap).weirds
        == both.merging(dropped) { $1 })
    #expect(
      FragmentVector("3+1a 1+1b. 0+1c 2+2d.").run(.first).weirds[.fragmentBadLength] == 1)
  }

  @Test("For IPv6 datagrams with overlaps are dropped unless told otherwise")
  func standard() {
    let policies = ReassemblyConfiguration().fragmentPolicy
    #expect(policies.ipv4 == .first)
    #expect(policies.ipv6 == .dropOnOverlap)
  }

  // MARK: A naive model

  /// Units and whose they are; each run of units of one fragment is compared as one.
  private struct Model {
    var owners: [Int: Int] = [:]
    var parts: [FragmentVector.Part] = []

    mutating func add(_ new: FragmentVector.Part, _ policy: FragmentPolicy) {
      parts.append(new)
      var rest = new.offset
      var won: [Int] = []
      for run in runs where run.overlaps(new.range) {
        if Self.keepsOld(policy, run, new.range, rest) {
          rest = run.upperBound
        } else {
          won += run.filter(new.range.contains)
        }
      }
      for unit in new.range where owners[unit] == nil || won.contains(unit) {
        owners[unit] = parts.count - 1
      }
    }

    private var runs: [Range<Int>] {
      var runs: [Range<Int>] = []
      for unit in owners.keys.sorted() {
        if let last = runs.last, last.upperBound == unit, owners[unit - 1] == owners[unit] {
          runs[runs.count - 1] = last.lowerBound..<unit + 1
        } else {
          runs.append(unit..<unit + 1)
        }
      }
      return runs
    }

    private static func keepsOld(
      _ policy: FragmentPolicy, _ old: Range<Int>, _ new: Range<Int>, _ rest: Int
    ) -> Bool {
      // Of Windows and Solaris, what has lost to one before does not count for the next one.
      let begin = policy == .windows || policy == .solaris ? rest : new.lowerBound
      let row = begin < old.lowerBound ? 0 : begin == old.lowerBound ? 1 : 2
      let end = new.upperBound
      let column = end < old.upperBound ? 0 : end == old.upperBound ? 1 : 2
      let winners = Array(table[policy]!.filter { $0 != " " })
      return winners[row * 3 + column] == "o"
    }

    var units: String {
      String(owners.keys.sorted().map { parts[owners[$0]!].fill })
    }
  }

  private static func random(_ seed: UInt64) -> FragmentVector {
    var random = SeededGenerator(seed: seed)
    let marks = Array("abcdefghijkl")
    var vector = FragmentVector([])
    for mark in marks.prefix(Int.random(in: 2...12, using: &random)) {
      let offset = Int.random(in: 0...20, using: &random)
      vector.parts.append(.init(offset, Int.random(in: 1...7, using: &random), mark))
    }
    let covered = Set(vector.parts.flatMap { Array($0.range) })
    for unit in (0..<28).shuffled(using: &random) where !covered.contains(unit) {
      vector.parts.append(.init(unit, 1, "_"))
    }
    vector.parts.append(.init(28, 1, "$", more: false))
    return vector
  }

  @Test(
    "Each policy does what a naive model does, whether fragments are copied or kept where they lie",
    arguments: [UInt64](1...150))
  func model(seed: UInt64) {
    let vector = Self.random(seed)
    for policy in FragmentPolicy.allCases where policy != .dropOnOverlap {
      var model = Model()
      for part in vector.parts { model.add(part, policy) }
      for framesStay in [false, true] {
        let units = vector.run(policy, framesStay: framesStay).units
        #expect(units == model.units, "seed \(seed) \(policy) \(framesStay) \(vector.parts)")
      }
    }
  }

  // MARK: Published vectors

  private struct Facts: Decodable {
    struct Vector: Decodable {
      struct Fragment: Decodable {
        var offsetUnits8: Int
        var lenUnits8: Int
        var fill: String
        var mf: Bool
      }
      var id: String
      var policy: String
      var fragments: [Fragment]
      var expectedUnits: String?
      var recommended: String?
    }
    var vectors: [Vector]

    /// `SLUICE_IP_OVERLAP` names another file of the same shape.
    static let path =
      ProcessInfo.processInfo.environment["SLUICE_IP_OVERLAP"]
      ?? "/work/shared/facts/ip_overlap.json"
    static var isThere: Bool { FileManager.default.fileExists(atPath: path) }
  }

  @Test("Vectors of engines and kernels", .enabled(if: Facts.isThere, "no file \(Facts.path)"))
  func vectors() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Facts.path))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let facts = try decoder.decode(Facts.self, from: data)
    #expect(!facts.vectors.isEmpty)
    for vector in facts.vectors {
      let policy = try #require(FragmentPolicy(name: vector.policy))
      let expected = vector.expectedUnits ?? vector.recommended
      // Where engines differ and no kernel decides, there is nothing to expect.
      if expected == nil && policy != .dropOnOverlap { continue }
      let parts = vector.fragments.map {
        FragmentVector.Part($0.offsetUnits8, $0.lenUnits8, $0.fill.first!, more: $0.mf)
      }
      #expect(FragmentVector(parts).result(policy) == expected, "\(vector.id) \(policy)")
    }
  }
}
