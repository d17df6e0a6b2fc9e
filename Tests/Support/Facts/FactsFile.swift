import Foundation
import Reassembly

/// A file of facts: vectors that others established, put through the real code.
///
/// `vectors` with `segments` are of TCP streams, those with `fragments` of IP datagrams;
/// `range_vectors` say which ranges are there, and `seqmap_vectors` where the bytes of a changed stream
/// are.
public struct FactsFile {
  /// What came of one vector.
  public struct Result {
    public var id: String
    public var got: String
    public var expected: String
    /// Whether sources disagree, and none is recommended: then nothing is wrong.
    public var isDisputed = false

    public var isRight: Bool { isDisputed || got == expected }
  }

  private let content: [String: Any]

  public init(path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    content = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  private func vectors(_ key: String) -> [[String: Any]] {
    content[key] as? [[String: Any]] ?? []
  }

  public func results() -> [Result] {
    vectors("vectors").compactMap(Self.result) + vectors("range_vectors").compactMap(Self.ranges)
      + vectors("seqmap_vectors").compactMap { SequenceMapVector($0).result() }
  }

  /// Vectors of kinds that cannot be tried yet.
  public var untried: Int {
    vectors("seqmap_vectors").count { SequenceMapVector($0).result() == nil }
      + vectors("vectors").count { Self.result($0) == nil }
  }

  private static func result(_ vector: [String: Any]) -> Result? {
    if let fragments = vector["fragments"] as? [[String: Any]] {
      return datagram(vector, fragments)
    }
    guard let segments = vector["segments"] as? [[String: Any]] else { return nil }
    let name = vector["policy"] as? String ?? "first"
    guard let policy = name == "any" ? .first : TCPPolicy(rawValue: name) else { return nil }
    var tried = TCPVector()
    tried.policy = policy
    tried.initialSequence = UInt32(truncatingIfNeeded: vector["isn"] as? Int ?? 1000)
    tried.segments = segments.map { segment in
      (segment["offset"] as? Int ?? 0, Array((segment["data"] as? String ?? "").utf8))
    }
    let expected = vector["expected"] as? String ?? vector["recommended"] as? String
    return Result(
      id: vector["id"] as? String ?? "?", got: tried.stream() ?? "differs by direction or family",
      expected: expected ?? "disputed", isDisputed: expected == nil)
  }

  private static func datagram(
    _ vector: [String: Any], _ fragments: [[String: Any]]
  ) -> Result? {
    guard let policy = FragmentPolicy(name: vector["policy"] as? String ?? "first") else {
      return nil
    }
    let parts = fragments.map { fragment in
      FragmentVector.Part(
        fragment["offset_units8"] as? Int ?? 0, fragment["len_units8"] as? Int ?? 0,
        (fragment["fill"] as? String)?.first ?? "?", more: fragment["mf"] as? Bool ?? true)
    }
    let expected = vector["expected_units"] as? String ?? vector["recommended"] as? String
    // Of a datagram that is dropped there is nothing, which is what a null says then.
    let isDropped = expected == nil && policy == .dropOnOverlap
    var results: Set<String> = []
    for family in Conversation.Family.allCases {
      var tried = FragmentVector(parts)
      tried.family = family
      results.insert(tried.result(policy) ?? "dropped")
    }
    return Result(
      id: vector["id"] as? String ?? "?",
      got: results.count == 1 ? results.first ?? "" : "differs by family",
      expected: isDropped ? "dropped" : expected ?? "disputed",
      isDisputed: expected == nil && !isDropped)
  }

  private static func ranges(_ vector: [String: Any]) -> Result? {
    guard let adds = vector["adds"] as? [[Int]],
      let expected = vector["expected_ranges"] as? [[Int]]
    else { return nil }
    var tried = TCPVector()
    tried.segments = adds.map { ($0[0], [UInt8](repeating: 65, count: $0[1] - $0[0])) }
    let got = tried.ranges().map { [$0.lowerBound, $0.upperBound] }
    return Result(id: vector["id"] as? String ?? "?", got: "\(got)", expected: "\(expected)")
  }
}
