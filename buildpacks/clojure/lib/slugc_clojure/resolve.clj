;; The class path of deps.edn under some aliases, and what each alias runs; one tab-separated fact a line.
;; Arguments: names of aliases; * stands for the first of :web, :run and :start that has :main-opts. After --tool, one
;; alias as `clojure -T:NAME` takes it: its own :deps and :paths in place of the app's, and . where it has no :paths.
(require '[clojure.java.io :as io] '[clojure.tools.deps :as deps])

(defn- tool [alias]
  {:replace-deps (or (:replace-deps alias) (:deps alias) {})
   :replace-paths (or (:replace-paths alias) (:paths alias) ["."])})

(defn- facts [asked]
  (let [declared (:aliases (deps/slurp-deps (io/file "deps.edn")))
        tool? (= :--tool (first asked))
        asked (if tool? (vec (rest asked)) asked)
        default (first (filter #(:main-opts (get declared %)) [:web :run :start]))
        aliases (if (= [:*] asked) (if default [default] []) asked)
        mirror (not-empty (System/getenv "MAVEN_MIRROR_URL"))
        basis (deps/create-basis {:user nil
                                  :extra (when mirror {:mvn/repos {"central" {:url mirror}}})
                                  :aliases aliases
                                  :args (when tool? (tool (get declared (first asked))))})]
    (concat
     (for [path (:classpath-roots basis)]
       (str "path\t" path))
     (for [[alias value] (sort-by (comp str key) declared)
           option (when (map? value) (:main-opts value))]
       (str "option\t" (name alias) "\t" option)))))

;; The first message is often a class name; the cause of the cause names the artifact.
(let [found (try
              (doall (facts (mapv keyword *command-line-args*)))
              (catch Throwable thrown
                (doseq [cause (take-while some? (iterate #(.getCause ^Throwable %) thrown))]
                  (println (str "error: " (.getSimpleName (class cause)) ": " (.getMessage ^Throwable cause))))
                (System/exit 1)))]
  (run! println found)
  (shutdown-agents))
