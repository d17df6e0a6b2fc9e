import Foundation
import Support

/// `Scripts/facts FILE...`: a line for each vector that differs, and a last line that counts them.
@main enum Main {
  static func main() {
    var (passed, failed, untried) = (0, 0, 0)
    for path in CommandLine.arguments.dropFirst() {
      do {
        let file = try FactsFile(path: path)
        for result in file.results() {
          if result.isRight {
            passed += 1
          } else {
            failed += 1
            print("\(result.id): got \(result.got), expected \(result.expected)")
          }
        }
        untried += file.untried
      } catch {
        failed += 1
        print("\(path): \(error.localizedDescription)")
      }
    }
    print("\(passed) passed, \(failed) failed" + (untried > 0 ? ", \(untried) skipped" : ""))
    exit(failed == 0 ? 0 : 1)
  }
}
