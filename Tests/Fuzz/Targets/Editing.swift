import Analysis
import Analyzers
import Buffers
import Capture
import Pipeline
import Reassembly
import Support
import Wire

extension FuzzTarget {
  /// Any frames, edited by the seed of a trial, and written. Nothing traps; and where all that came was
  /// right, the edited streams are what is read again.
  ///
  /// Of the first bytes one chooses between the plays of `reassembly` and the frames of `frames`, the
  /// others say how much is edited.
  static let editing = FuzzTarget(
    name: "editing",
    run: { input in
      var input = FuzzInput(input)
      let choices = input.byte()
      let density = input.choice([1, 3, 20, 150])
      let seed = Int(input.integer(UInt16.self))
      let (frames, isHonest) = choices & 1 == 0 ? play(&input) : anyFrames(&input)
      var trial = ["edits": String(density), "seed": String(seed)]
      if choices & 2 != 0 { trial["peek"] = "100" }
      if choices & 4 != 0 { trial["split"] = "7" }
      let edited = try Editing(
        frames, trial: trial, checksums: choices & 8 == 0 ? .none : .auto,
        memory: choices & 16 == 0 ? 1 << 26 : 1 << 20)
      let again = try Editing(edited.sink.frames, checksums: .none)
      // Mangled headers in any frames may be all that tells of a stream of which nothing is left.
      // And where every byte becomes many, no window has room for them.
      guard isHonest, choices & 25 == 0, density >= 20 else { return }
      try require(
        again.digests.filter(\.hasStream) == edited.digests.filter(\.hasStream),
        "edited: \(edited.digests.joined(separator: "\n"))\nread: "
          + again.digests.joined(separator: "\n"))
    },
    seeds: {
      PlaySeeds.all.flatMap { seed in
        [0, 2].map { choices in
          Seed(name: "\(seed.name)-\(choices)", bytes: [choices, 1, 0, 7] + seed.bytes)
        }
      }
        + FuzzTarget.frames.seeds().map { seed in
          Seed(name: seed.name, bytes: [1, 0, 0, 7] + seed.bytes)
        }
    })

  private static func play(_ input: inout FuzzInput) -> ([CapturedFrame], isHonest: Bool) {
    var play = ConversationPlay(Scene(&input))
    while !input.isEmpty, play.scene.frames.count < 200 { play.act(&input) }
    return (play.scene.captured(.raw), play.isHonest)
  }

  /// Each perhaps twice, as the way back.
  private static func anyFrames(_ input: inout FuzzInput) -> ([CapturedFrame], isHonest: Bool) {
    let linkType = LinkType(rawValue: input.choice(linkTypes))
    var scene = Scene(&input)
    while !input.isEmpty, scene.frames.count < 32 {
      let bytes = input.bytes(Int(input.integer(UInt16.self) % 2048))
      scene.add(bytes, originalLength: bytes.count + Int(input.byte()))
    }
    return (scene.captured(linkType), false)
  }
}

/// A run of a trial that edits, and of `digest`, with what was written.
private struct Editing {
  let sink = MemorySink()
  private let log = MemoryLog()

  init(
    _ frames: [CapturedFrame], trial: [String: String]? = nil, checksums: ChecksumMode,
    memory: Int = 1 << 26
  ) throws {
    var configuration = RunConfiguration()
    configuration.checksums = checksums
    configuration.memory = memory
    if let trial {
      let options = try Options(
        trial.mapValues { Array($0.utf8) }, settings: TrialAnalyzer.settings)
      configuration.chain.append(ChainLink(name: "trial", analyzer: try TrialAnalyzer(options)))
    }
    configuration.chain.append(
      ChainLink(name: "digest", analyzer: try DigestAnalyzer(Options())))
    let run = try Run(
      configuration, source: MemorySource(frames), sink: sink, log: log, formatter: EVEFormatter())
    _ = try run.perform()
    try require(sink.isFinished, "the output is not finished")
  }

  /// In any order: packets that bring nothing may have gone.
  var digests: [String] {
    log.records.compactMap { record in
      guard let digest = record["digest"] as? [String: Any] else { return nil }
      return ["originator", "responder"].map { end -> String in
        let stream = digest[end] as? [String: Any] ?? [:]
        return "\(stream["bytes"] ?? "") \(stream["sha256"] ?? "") \(stream["gaps"] ?? "")"
      }.joined(separator: " ")
    }.sorted()
  }
}

extension Scene {
  func captured(_ linkType: LinkType) -> [CapturedFrame] {
    frames.map { entry in
      var frame = CapturedFrame(entry.bytes, at: entry.timestamp, linkType: linkType)
      frame.originalLength = entry.originalLength
      return frame
    }
  }
}

extension String {
  /// Whether a digest tells of any byte: a conversation whose packets were all left out is not there.
  fileprivate var hasStream: Bool {
    let words = split(separator: " ")
    return words.count != 6 || words[0] != "0" || words[3] != "0"
  }
}
